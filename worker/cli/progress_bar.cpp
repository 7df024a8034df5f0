#include "worker/cli/progress_bar.hpp"

#include "worker/cli/say.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::string_view k_gap = "  ";
constexpr std::chrono::seconds k_between_lines{30};
constexpr std::chrono::minutes k_between_journal_lines{10};
constexpr std::uint64_t k_long_wait_seconds = 5;

// What all forms of the line are made of.
struct Facts {
  double part = 1.0; // of 1
  std::string files; // "3/12 files"
  std::string bytes; // "1.2 MiB of 4 MiB"
  std::string rate;  // "20 MiB/s"
  std::string to_go; // "1:05 to go", empty if nobody knows
  std::string name;  // the thread under way
};

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  const std::uint64_t hours = whole / 3600;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, whole / 60 % 60, whole % 60)
                   : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

// The thread id in "archived_sessions/rollout-….jsonl": what cat and restore take.
std::string_view thread_of(std::string_view rollout) {
  constexpr std::string_view k_ending = ".jsonl";
  constexpr std::size_t k_id = 36;
  rollout.remove_prefix(rollout.find_last_of('/') + 1);
  if (rollout.ends_with(k_ending)) {
    rollout.remove_suffix(k_ending.size());
  }
  rollout.remove_prefix(rollout.size() - std::min(rollout.size(), k_id));
  return rollout;
}

// Of an id, the part that tells it from its neighbours.
std::string end_of(const std::string& name) {
  constexpr std::size_t k_end = 12;
  return name.size() <= k_end ? name : "..." + name.substr(name.size() - k_end);
}

// As wide as there is room, within reason; empty below that.
std::string bar_text(double part, std::size_t room) {
  constexpr std::size_t k_frame = 4; // brackets and the gap
  constexpr std::size_t k_least = 10;
  constexpr std::size_t k_most = 24;
  if (room < k_least + k_frame) {
    return {};
  }
  const std::size_t cells = std::min(k_most, room - k_frame);
  const auto full = static_cast<std::size_t>(part * static_cast<double>(cells));
  return fmt::format("[{}{}]", std::string(full, '#'), std::string(cells - full, '.'));
}

Facts facts_of(const Progress& progress, double seconds) {
  const auto done = static_cast<double>(progress.bytes_done);
  const double rate = seconds > 0 ? done / seconds : 0.0;
  const auto left =
      progress.bytes_total - std::min(progress.bytes_total, progress.bytes_done);
  Facts facts;
  if (progress.bytes_total > 0) {
    facts.part = std::min(1.0, done / static_cast<double>(progress.bytes_total));
  }
  facts.files = fmt::format("{}/{} files", progress.files_done, progress.files_total);
  facts.bytes = fmt::format(
      "{} of {}", format_size(progress.bytes_done), format_size(progress.bytes_total));
  facts.rate = format_size(static_cast<std::uint64_t>(rate)) + "/s";
  if (rate > 0) {
    facts.to_go = clock_text(static_cast<double>(left) / rate) + " to go";
  }
  facts.name = printable(thread_of(progress.current));
  return facts;
}

std::string waiting_text(const Progress& progress) {
  const std::string now =
      progress.waiting_seconds == 0
          ? "removing"
          : fmt::format("waiting {} s for late writers before it removes",
                        progress.waiting_seconds);
  return fmt::format("{} of {} files done; {} {} plain files",
                     progress.files_done,
                     progress.files_total,
                     now,
                     progress.waiting_files);
}

} // namespace

std::string progress_line(const Progress& progress, double seconds, std::size_t width) {
  if (progress.waiting_files > 0) {
    return waiting_text(progress).substr(0, width);
  }
  const Facts facts = facts_of(progress, seconds);
  std::size_t room = width + k_gap.size(); // every piece has a gap before it
  // Asked for in the order of what matters most; empty if there is no room for it.
  const auto piece = [&room](std::string text) {
    const std::size_t cost = text.empty() ? 0 : text.size() + k_gap.size();
    if (cost > room) {
      return std::string();
    }
    room -= cost;
    return text.empty() ? text : std::string(k_gap) + text;
  };
  const std::string percent =
      piece(fmt::format("{:3}%", static_cast<int>(facts.part * 100.0)));
  const std::string to_go = piece(facts.to_go);
  const std::string files = piece(facts.files);
  const std::string rate = piece(facts.rate);
  const bool all_of_the_name = room >= 2 * facts.name.size();
  const std::string name = piece(all_of_the_name ? facts.name : end_of(facts.name));
  const std::string bar = piece(bar_text(facts.part, room));
  const std::string bytes = piece(facts.bytes);
  const std::string line = bar + percent + files + bytes + rate + to_go + name;
  return line.substr(std::min(line.size(), k_gap.size()));
}

std::string progress_text(const Progress& progress, double seconds) {
  if (progress.waiting_files > 0) {
    return waiting_text(progress);
  }
  const Facts facts = facts_of(progress, seconds);
  return fmt::format("{}%: {}, {}, {}{}{}",
                     static_cast<int>(facts.part * 100.0),
                     facts.files,
                     facts.bytes,
                     facts.rate,
                     facts.to_go.empty() ? "" : ", " + facts.to_go,
                     facts.name.empty() ? "" : ", at " + facts.name);
}

ProgressBar::~ProgressBar() {
  clear_drawn();
}

void ProgressBar::show(const Progress& progress) {
  if (!wanted_) {
    return;
  }
  const BootTime now = clock_.boot();
  if (!begun_) {
    begun_ = said_ = now;
  }
  const double seconds = std::chrono::duration<double>(now - *begun_).count();
  if (stderr_looks().terminal) {
    draw_over(progress_line(progress, seconds, stderr_width() - 1));
  } else {
    show_line(progress, now, seconds);
  }
}

void ProgressBar::show_line(const Progress& progress, BootTime now, double seconds) {
  const BootTime between = stderr_looks().journal ? BootTime(k_between_journal_lines)
                                                  : BootTime(k_between_lines);
  // Why a run that has compressed everything does not end is said when the wait begins.
  const bool begins_to_wait = !said_waiting_ && !stderr_looks().journal &&
                              progress.waiting_seconds >= k_long_wait_seconds;
  if (now - said_ < between && !begins_to_wait) {
    return;
  }
  said_ = now;
  said_waiting_ = said_waiting_ || progress.waiting_seconds > 0;
  diagnose(Severity::info, "coldpress: " + progress_text(progress, seconds));
}

} // namespace coldpress
