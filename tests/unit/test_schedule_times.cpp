#include "worker/schedule/schedule_times.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

Every every(const char* text) {
  const auto parsed = parse_every(text);
  REQUIRE(parsed);
  return *parsed;
}

} // namespace

TEST_CASE("a timer can run as often as systemd, launchd and cron can all say") {
  CHECK_EQ(every("1d").interval, std::chrono::hours{24});
  CHECK_EQ(to_string(every("24h")), "1d");
  CHECK_EQ(to_string(every("60m")), "1h");
  CHECK_EQ(to_string(every("7d")), "1w");
}

TEST_CASE("an interval that no timer can say is refused with the nearest") {
  for (const auto& [wanted, nearest] : {std::pair{"2d", "1d"},
                                        std::pair{"5d", "1w"},
                                        std::pair{"100m", "2h"},
                                        std::pair{"1m", "15m"},
                                        std::pair{"52w", "1w"}}) {
    const auto parsed = parse_every(wanted);
    REQUIRE_FALSE(parsed);
    CHECK_EQ(parsed.error().code, Errc::invalid);
    CHECK_NE(parsed.error().context.front().find(std::string("nearest interval is ") +
                                                 nearest),
             std::string::npos);
  }
  CHECK_FALSE(parse_every("often"));
}

TEST_CASE("systemd is told a calendar, for only that makes up for what was missed") {
  CHECK_EQ(on_calendar({{7, 27, 47}, {}, {}}), "*-*-* *:07,27,47:00");
  CHECK_EQ(on_calendar({{5}, {}, {}}), "*-*-* *:05:00");
  CHECK_EQ(on_calendar({{5}, {1, 7, 13, 19}, {}}), "*-*-* 01,07,13,19:05:00");
  CHECK_EQ(on_calendar({{59}, {4}, {}}), "*-*-* 04:59:00");
  CHECK_EQ(on_calendar({{0}, {3}, 1}), "Mon *-*-* 03:00:00");
}

TEST_CASE("each user has minutes of his own, always the same") {
  const CalendarTimes day = times_of(every("1d"), "alice@host");
  CHECK_EQ(day.minutes, times_of(every("1d"), "alice@host").minutes);
  REQUIRE_EQ(day.hours.size(), 1);
  CHECK_GE(day.hours.front(), 3);
  CHECK_LE(day.hours.front(), 4);
  CHECK_FALSE(day.weekday);
  CHECK_EQ(times_of(every("1w"), "alice@host").weekday, 1);
  CHECK_EQ(times_of(every("6h"), "alice@host").hours.size(), 4);
  CHECK_EQ(times_of(every("15m"), "alice@host").minutes.size(), 4);
  CHECK(times_of(every("1h"), "alice@host").hours.empty());

  bool differs = false;
  for (const char* seed : {"bob@host", "carol@host", "alice@other"}) {
    differs = differs || times_of(every("1d"), seed).minutes != day.minutes;
  }
  CHECK(differs);
}
