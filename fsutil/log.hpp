#pragma once

#include "fsutil/text.hpp"

namespace coldpress {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };

// Diagnostics go to stderr, one line each, from any thread. Data goes to stdout and is
// not a log. Until set_up_log() is called, warnings and errors are shown.
void set_up_log(LogLevel level);

// "warn" -> LogLevel::warn; info for a word it does not know.
LogLevel log_level_from(std::string_view name);

void log_line(LogLevel level, std::string_view line);

template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warn(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::warn, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace coldpress
