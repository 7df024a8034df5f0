#include "fsutil/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <array>

namespace coldpress {

namespace {

struct Named {
  std::string_view name;
  LogLevel level;
  spdlog::level::level_enum theirs;
};

constexpr std::array k_levels{
    Named{"trace", LogLevel::trace, spdlog::level::trace},
    Named{"debug", LogLevel::debug, spdlog::level::debug},
    Named{"info", LogLevel::info, spdlog::level::info},
    Named{"warn", LogLevel::warn, spdlog::level::warn},
    Named{"error", LogLevel::error, spdlog::level::err},
    Named{"off", LogLevel::off, spdlog::level::off},
};

spdlog::level::level_enum theirs(LogLevel level) {
  return k_levels[static_cast<std::size_t>(level)].theirs;
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> one = [] {
    auto made = std::make_shared<spdlog::logger>(
        "coldpress", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made->set_pattern("coldpress: %^%l%$: %v");
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
