#pragma once

#include "fsutil/result.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// How often a timer runs: one of what systemd, launchd and cron can all say exactly.
struct Every {
  std::chrono::minutes interval{std::chrono::hours{24}};

  friend bool operator==(const Every&, const Every&) = default;
};

// "1d", "6h", "1w". Errc::invalid with those to choose from, the nearest first.
Result<Every> parse_every(std::string_view text);
std::string to_string(const Every& every); // "1d", "1w"

// When to run: calendar fields. No hours: each hour.
struct CalendarTimes {
  std::vector<unsigned> minutes;
  std::vector<unsigned> hours;
  std::optional<unsigned> weekday; // 1 is Monday
};

// `seed` is who asks, as "user@host": the same seed has the same minute, and different
// ones are spread, so that many users of one machine do not begin together.
CalendarTimes times_of(const Every& every, std::string_view seed);

// For OnCalendar= of systemd.
std::string on_calendar(const CalendarTimes& times);

} // namespace coldpress
