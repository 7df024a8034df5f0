#include "worker/schedule/other_timers.hpp"

#include "fsutil/fs.hpp"
#include "worker/schedule/own_file.hpp"
#include "worker/schedule/timer_files.hpp"
#include "worker/schedule/unit_text.hpp"

#include <fmt/format.h>

namespace coldpress {

namespace {

std::string in_xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
    case '&':
      escaped += "&amp;";
      break;
    case '<':
      escaped += "&lt;";
      break;
    case '>':
      escaped += "&gt;";
      break;
    default:
      escaped += c;
    }
  }
  return escaped;
}

std::string plist_time(std::optional<unsigned> weekday,
                       std::optional<unsigned> hour,
                       unsigned minute) {
  std::string text = "    <dict>\n";
  const auto field = [&](std::string_view key, unsigned value) {
    text += fmt::format("      <key>{}</key>\n      <integer>{}</integer>\n", key, value);
  };
  if (weekday) {
    field("Weekday", *weekday);
  }
  if (hour) {
    field("Hour", *hour);
  }
  field("Minute", minute);
  return text + "    </dict>\n";
}

std::string plist_times(const CalendarTimes& times) {
  std::string text;
  for (const unsigned minute : times.minutes) {
    if (times.hours.empty()) {
      text += plist_time(times.weekday, {}, minute);
    }
    for (const unsigned hour : times.hours) {
      text += plist_time(times.weekday, hour, minute);
    }
  }
  return text;
}

// The text with what stands in the array of that key replaced.
std::string
with_array(std::string_view text, std::string_view key, const std::string& items) {
  constexpr std::string_view opening = "<array>\n";
  const std::size_t begin =
      text.find(opening, text.find(fmt::format("<key>{}</key>", key))) + opening.size();
  const std::size_t end = text.find("  </array>", begin);
  return std::string(text.substr(0, begin)) + items + std::string(text.substr(end));
}

// "0,15,30,45"; "*" for none.
std::string cron_field(const std::vector<unsigned>& numbers) {
  return numbers.empty() ? "*" : fmt::format("{}", fmt::join(numbers, ","));
}

// For sh, and for cron, to which '%' is the end of the line.
std::string in_crontab(std::string_view word) {
  std::string text = "'";
  for (const char c : word) {
    text += c == '\'' ? "'\\''" : c == '%' ? "\\%" : std::string(1, c);
  }
  text += "'";
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_.,=+:@-";
  return word.find_first_not_of(plain) == std::string_view::npos ? std::string(word)
                                                                 : text;
}

} // namespace

std::string launchd_text(const ScheduleRequest& request) {
  std::string words;
  for (const std::string& word : timer_command(request, request.users.front())) {
    words += "    <string>" + in_xml(word) + "</string>\n";
  }
  const std::string text =
      with_array(packaged_unit("launchd/coldpress.run.plist"), "ProgramArguments", words);
  return with_array(text,
                    "StartCalendarInterval",
                    plist_times(times_for(request, request.users.front())));
}

PlannedFile launchd_file(const ScheduleRequest& request, bool wanted) {
  PlannedFile file{
      join_path(request.users.front().home,
                fmt::format("Library/LaunchAgents/{}.plist", k_launchd_label)),
      {}};
  if (wanted) {
    file.text = marked(launchd_text(request), CommentForm::xml);
  }
  return file;
}

std::string cron_line(const ScheduleRequest& request) {
  const CalendarTimes times = times_for(request, request.users.front());
  std::string line =
      fmt::format("{} {} * * {}",
                  cron_field(times.minutes),
                  cron_field(times.hours),
                  times.weekday ? std::to_string(*times.weekday) : std::string("*"));
  // Else cron mails "not found" for each run when the program is gone.
  line += " test -x " + in_crontab(request.program) + " &&";
  for (const std::string& word : timer_command(request, request.users.front())) {
    line += " " + in_crontab(word);
  }
  return marked_line(line);
}

CronLines split_crontab(std::string_view crontab) {
  CronLines lines;
  while (!crontab.empty()) {
    const std::size_t end = crontab.find('\n');
    const std::string line(crontab.substr(0, end));
    const std::size_t length = end == std::string_view::npos ? crontab.size() : end + 1;
    const Author author = author_of_line(line);
    if (author == Author::ours) {
      lines.ours.push_back(line);
    } else {
      lines.others += crontab.substr(0, length);
      if (author == Author::edited) {
        lines.edited.push_back(line);
      }
    }
    crontab.remove_prefix(length);
  }
  return lines;
}

} // namespace coldpress
