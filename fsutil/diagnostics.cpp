#include "fsutil/diagnostics.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace coldpress {

namespace {

constexpr std::string_view k_program = "coldpress: ";
constexpr std::string_view k_erase_line = "\r\x1b[K";

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

// "device:inode" of the stream that systemd gave the process it started: a child whose
// standard error was sent elsewhere has the variable, too.
bool is_journal() {
  struct stat seen {};
  return ::fstat(STDERR_FILENO, &seen) == 0 &&
         variable("JOURNAL_STREAM") == fmt::format("{}:{}", seen.st_dev, seen.st_ino);
}

StderrLooks look() {
  StderrLooks looks;
  looks.terminal = ::isatty(STDERR_FILENO) == 1 && variable("TERM") != "dumb";
  looks.colour = looks.terminal && variable("NO_COLOR").empty();
  looks.journal = is_journal();
  return looks;
}

struct State {
  std::mutex mutex;
  bool quiet = false;
  bool drawn = false;
};

State& state() {
  static State one;
  return one;
}

void write(std::string_view text) {
  (void)(std::fwrite(text.data(), 1, text.size(), stderr) == text.size());
  (void)std::fflush(stderr);
}

} // namespace

const StderrLooks& stderr_looks() {
  static const StderrLooks looks = look();
  return looks;
}

std::size_t stderr_width() {
  constexpr std::size_t k_usual = 80;
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  const std::string_view text = variable("COLUMNS");
  std::size_t columns = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), columns);
  return read.ec == std::errc() && columns > 0 ? columns : k_usual;
}

std::string
diagnostic_text(const StderrLooks& looks, Severity severity, std::string_view text) {
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  if (!looks.journal) {
    return std::string(text) + '\n';
  }
  if (text.starts_with(k_program)) {
    text.remove_prefix(k_program.size());
  }
  std::string lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines += fmt::format(
        "<{}>{}\n", static_cast<int>(severity), text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

void diagnose(Severity severity, std::string_view text) {
  const std::lock_guard guard(state().mutex);
  if (state().quiet && severity == Severity::notice) {
    return;
  }
  std::string all;
  if (state().drawn) {
    all = k_erase_line;
    state().drawn = false;
  }
  write(all + diagnostic_text(stderr_looks(), severity, text));
}

void set_quiet(bool quiet) {
  const std::lock_guard guard(state().mutex);
  state().quiet = quiet;
}

void draw_over(std::string_view line) {
  const std::lock_guard guard(state().mutex);
  if (!stderr_looks().terminal || state().quiet) {
    return;
  }
  write(fmt::format("\r{}\x1b[K", line));
  state().drawn = true;
}

void clear_drawn() {
  const std::lock_guard guard(state().mutex);
  if (state().drawn) {
    write(k_erase_line);
    state().drawn = false;
  }
}

} // namespace coldpress
