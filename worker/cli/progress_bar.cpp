#include "worker/cli/progress_bar.hpp"

#include "worker/cli/say.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

namespace coldpress {

namespace {

constexpr std::size_t k_bar_cells = 24;

std::size_t terminal_width() {
  constexpr std::size_t k_usual = 80;
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : k_usual;
}

std::string time_to_go(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

} // namespace

std::string
progress_line(const PassProgress& progress, double seconds, std::size_t width) {
  if (progress.waiting_files > 0) {
    return fmt::format("{} of {} files done; waiting for the grace of {} plain files",
                       progress.files_done,
                       progress.files_total,
                       progress.waiting_files)
        .substr(0, width);
  }
  const double part = progress.bytes_total == 0
                          ? 1.0
                          : static_cast<double>(progress.bytes_done) /
                                static_cast<double>(progress.bytes_total);
  const auto cells = static_cast<std::size_t>(part * static_cast<double>(k_bar_cells));
  const double rate =
      seconds > 0 ? static_cast<double>(progress.bytes_done) / seconds : 0.0;
  const auto left = static_cast<double>(progress.bytes_total - progress.bytes_done);
  std::string line = fmt::format("[{}{}] {:3}%  {}/{} files  {} of {}  {}/s",
                                 std::string(cells, '#'),
                                 std::string(k_bar_cells - cells, '.'),
                                 static_cast<int>(part * 100.0),
                                 progress.files_done,
                                 progress.files_total,
                                 format_size(progress.bytes_done),
                                 format_size(progress.bytes_total),
                                 format_size(static_cast<std::uint64_t>(rate)));
  if (rate > 0) {
    line += "  " + time_to_go(left / rate) + " to go";
  }
  const std::size_t slash = progress.current.find_last_of('/');
  line +=
      "  " + printable(slash == std::string::npos ? progress.current
                                                  : progress.current.substr(slash + 1));
  if (line.size() > width) {
    line.resize(width);
  }
  return line;
}

ProgressBar::ProgressBar(const Clock& clock, bool wanted)
    : clock_(clock), shown_(wanted && ::isatty(STDERR_FILENO) == 1),
      begun_(clock.boot()) {}

void ProgressBar::draw(const PassProgress& progress) {
  if (!shown_) {
    return;
  }
  const double seconds = std::chrono::duration<double>(clock_.boot() - begun_).count();
  err("\r{}\x1b[K", progress_line(progress, seconds, terminal_width() - 1));
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressBar::clear() {
  if (drawn_) {
    err("\r\x1b[K");
    std::fflush(stderr);
    drawn_ = false;
  }
}

} // namespace coldpress
