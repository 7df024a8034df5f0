#include "fsutil/log.hpp"

#include "fsutil/diagnostics.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

namespace coldpress {

namespace {

struct Named {
  std::string_view name;
  LogLevel level;
  spdlog::level::level_enum theirs;
  Severity severity;
};

constexpr std::array k_levels{
    Named{"trace", LogLevel::trace, spdlog::level::trace, Severity::debug},
    Named{"debug", LogLevel::debug, spdlog::level::debug, Severity::debug},
    Named{"info", LogLevel::info, spdlog::level::info, Severity::info},
    Named{"warn", LogLevel::warn, spdlog::level::warn, Severity::warning},
    Named{"error", LogLevel::error, spdlog::level::err, Severity::error},
    Named{"off", LogLevel::off, spdlog::level::off, Severity::error},
};

spdlog::level::level_enum theirs(LogLevel level) {
  return k_levels[static_cast<std::size_t>(level)].theirs;
}

const char* colour_of(Severity severity) {
  return severity == Severity::error     ? "\x1b[1;31m"
         : severity == Severity::warning ? "\x1b[1;33m"
                                         : "";
}

// Where all that is not data goes; the locking is done there.
class DiagnosticSink final
    : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const auto named =
        std::find_if(k_levels.begin(), k_levels.end(), [&](const Named& one) {
          return one.theirs == message.level;
        });
    const std::string_view line(message.payload.data(), message.payload.size());
    if (stderr_looks().journal) { // has its own place for the level
      diagnose(named->severity, line);
      return;
    }
    const std::string_view colour =
        stderr_looks().colour ? colour_of(named->severity) : "";
    diagnose(named->severity,
             fmt::format("coldpress: {}{}{}: {}",
                         colour,
                         named->name,
                         colour.empty() ? "" : "\x1b[0m",
                         line));
  }
  void flush_() override {}
};

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> one = [] {
    auto made =
        std::make_shared<spdlog::logger>("coldpress", std::make_shared<DiagnosticSink>());
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return *one;
}

} // namespace

void set_up_log(LogLevel level) {
  logger().set_level(theirs(level));
}

LogLevel log_level_from(std::string_view name) {
  for (const Named& known : k_levels) {
    if (known.name == name) {
      return known.level;
    }
  }
  return LogLevel::info;
}

void log_line(LogLevel level, std::string_view line) {
  logger().log(theirs(level), line);
}

} // namespace coldpress
