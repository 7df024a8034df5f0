#include "worker/schedule/schedule_times.hpp"

#include "fsutil/hash.hpp"
#include "fsutil/text.hpp"

#include <algorithm>
#include <array>

namespace coldpress {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr minutes k_day{hours{24}};
constexpr minutes k_week = 7 * k_day;
constexpr unsigned k_night = 3; // the hour at which a day's or a week's run may begin

struct Choice {
  std::string_view name;
  minutes interval;
};

constexpr std::array k_choices{
    Choice{"15m", minutes{15}},
    Choice{"20m", minutes{20}},
    Choice{"30m", minutes{30}},
    Choice{"1h", hours{1}},
    Choice{"2h", hours{2}},
    Choice{"3h", hours{3}},
    Choice{"4h", hours{4}},
    Choice{"6h", hours{6}},
    Choice{"8h", hours{8}},
    Choice{"12h", hours{12}},
    Choice{"1d", k_day},
    Choice{"1w", k_week},
};

std::string all_choices() {
  std::string text;
  for (const Choice& choice : k_choices) {
    text += text.empty() ? "" : choice.name == k_choices.back().name ? " or " : ", ";
    text += choice.name;
  }
  return text;
}

std::string_view nearest_choice(std::chrono::milliseconds wanted) {
  const auto above =
      std::find_if(k_choices.begin(), k_choices.end(), [&](const Choice& one) {
        return one.interval >= wanted;
      });
  if (above == k_choices.begin() || above == k_choices.end()) {
    return above == k_choices.end() ? k_choices.back().name : above->name;
  }
  const auto below = above - 1;
  return above->interval - wanted < wanted - below->interval ? above->name : below->name;
}

std::vector<unsigned> steps(unsigned first, unsigned step, unsigned end) {
  std::vector<unsigned> numbers;
  for (unsigned at = first % step; at < end; at += step) {
    numbers.push_back(at);
  }
  return numbers;
}

constexpr std::array<std::string_view, 8> k_weekdays{
    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

// "03,09"; "*" for all.
std::string field(const std::vector<unsigned>& numbers) {
  std::string text;
  for (const unsigned number : numbers) {
    text += fmt::format("{}{:02}", text.empty() ? "" : ",", number);
  }
  return text.empty() ? "*" : text;
}

unsigned count_of(minutes interval) {
  return static_cast<unsigned>(interval.count());
}

} // namespace

Result<Every> parse_every(std::string_view text) {
  TRY_ASSIGN(const std::chrono::milliseconds wanted, parse_duration(text));
  for (const Choice& choice : k_choices) {
    if (choice.interval == wanted) {
      return Every{choice.interval};
    }
  }
  return Fail(Error{
      Errc::invalid,
      0,
      "--every",
      "",
      {fmt::format("no timer supports {}; the nearest interval is {}; supported are {}",
                   printable(text),
                   nearest_choice(wanted),
                   all_choices())}});
}

std::string to_string(const Every& every) {
  for (const Choice& choice : k_choices) {
    if (choice.interval == every.interval) {
      return std::string(choice.name);
    }
  }
  return format_duration(every.interval);
}

CalendarTimes times_of(const Every& every, std::string_view seed) {
  const std::uint64_t chance = hash64(std::as_bytes(std::span(seed)));
  const auto minute = static_cast<unsigned>(chance % 60);
  const auto hour = static_cast<unsigned>(chance / 60 % 24);
  if (every.interval < hours{1}) {
    return {steps(minute, count_of(every.interval), 60), {}, {}};
  }
  if (every.interval == hours{1}) {
    return {{minute}, {}, {}};
  }
  if (every.interval < k_day) {
    return {{minute}, steps(hour, count_of(every.interval) / 60, 24), {}};
  }
  CalendarTimes times{{minute}, {k_night + hour % 2}, {}};
  if (every.interval == k_week) {
    times.weekday = 1;
  }
  return times;
}

std::string on_calendar(const CalendarTimes& times) {
  return fmt::format("{}*-*-* {}:{}:00",
                     times.weekday ? std::string(k_weekdays.at(*times.weekday)) + " "
                                   : "",
                     field(times.hours),
                     field(times.minutes));
}

} // namespace coldpress
