#include "worker/cli/show_text.hpp"

#include "fsutil/text.hpp"

#include <algorithm>

namespace coldpress {

namespace {

// Control characters as \xNN, but line breaks and tabs as they are meant.
std::string safe_lines(std::string_view text, std::string_view indent) {
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    for (std::size_t tab = line.find('\t'); tab != std::string::npos;
         tab = line.find('\t', tab)) {
      line.replace(tab, 1, "    ");
    }
    lines += indent;
    lines += printable(line) + "\n";
  }
  return lines;
}

std::string item_text(const history::Item& item) {
  if (item.type == "userMessage") {
    return safe_lines(item.text, "> ");
  }
  if (item.type == "agentMessage") {
    return safe_lines(item.text, "");
  }
  return "[" + printable(item_label(item)) + "]\n" + safe_lines(item_body(item), "    ");
}

} // namespace

std::string second_text(const std::optional<std::int64_t>& seconds) {
  constexpr std::int64_t k_last = 253'402'300'799;     // of the year 9999
  constexpr std::int64_t k_last_shown = 9'000'000'000; // what nanoseconds can hold
  if (!seconds || *seconds < 0 || *seconds > std::min(k_last, k_last_shown)) {
    return {};
  }
  return format_time(WallTime(std::chrono::seconds(*seconds)));
}

std::string item_label(const history::Item& item) {
  std::string label = item.type;
  label += item.status.empty() ? "" : " " + item.status;
  label += item.exit_code ? fmt::format(", exit code {}", *item.exit_code) : "";
  return label + (item.cut ? ", cut" : "");
}

std::string item_body(const history::Item& item) {
  std::string body;
  const auto add = [&body](const std::string& text) {
    if (!text.empty()) {
      body += (body.empty() || body.ends_with('\n') ? "" : "\n") + text;
    }
  };
  add(item.text);
  std::for_each(item.summary.begin(), item.summary.end(), add);
  std::for_each(item.content.begin(), item.content.end(), add);
  add(item.detail);
  return body;
}

std::string show_head_text(const ShownThread& thread, const ThreadHistory& history) {
  const ListedThread& listed = thread.listed;
  std::string text = "thread   " + listed.thread + "\n";
  const auto line = [&text](std::string_view what, const std::string& value) {
    if (!value.empty()) {
      text += fmt::format("{:<9}{}\n", what, printable(value));
    }
  };
  std::string title = thread.title();
  std::replace(title.begin(), title.end(), '\n', ' ');
  line("title", title);
  line("project", listed.project);
  line("begun", listed.begun ? format_time(*listed.begun) : "");
  line("written", format_time(listed.written));
  line("rollout", join_path(listed.dir, listed.name));
  line("size",
       fmt::format("{} plain, {} on disk, {}",
                   format_size(listed.plain_bytes),
                   format_size(listed.disk_bytes),
                   listed.compressed ? "compressed" : "plain"));
  line("forked", listed.forked_from);
  for (const history::Base& base : history.inherited) {
    line("inherits",
         fmt::format("{} of {}", format_size(base.end_byte), base.rollout_id));
  }
  if (history.counts.unreadable > 0) {
    line("unread",
         fmt::format("{} lines that are not records", history.counts.unreadable));
  }
  return text;
}

std::string show_turn_text(const history::TurnView& turn, std::size_t nth) {
  std::string text = fmt::format("\n── turn {} · {}", nth, name_of(turn.status));
  const std::string began = second_text(turn.row->started_at);
  text += began.empty() ? "" : " · " + began;
  if (turn.row->duration_ms) {
    text += fmt::format(" · {} s", *turn.row->duration_ms / 1000);
  }
  text += turn.row->error_line ? " · by an error line" : "";
  text += "\n";
  if (turn.row->error) {
    text += safe_lines(turn.row->error->message, "! ");
  }
  for (const auto* row : turn.items) {
    text += "\n" + item_text(row->item);
  }
  return text;
}

} // namespace coldpress
