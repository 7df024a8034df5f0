#include "fsutil/text.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace coldpress;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

std::string why_no_duration(std::string_view text) {
  const auto parsed = parse_duration(text);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().code == Errc::invalid);
  REQUIRE_FALSE(parsed.error().context.empty());
  return parsed.error().context.front();
}

bool says(const std::string& sentence, std::string_view part) {
  return sentence.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a duration is read in every unit and in sums of them") {
  CHECK(parse_duration("7d").value() == std::chrono::hours(7 * 24));
  CHECK(parse_duration("15s").value() == std::chrono::seconds(15));
  CHECK(parse_duration("200ms").value() == milliseconds(200));
  CHECK(parse_duration("1h30m").value() == std::chrono::minutes(90));
  CHECK(parse_duration("1w2d").value() == std::chrono::hours(9 * 24));
  CHECK(parse_duration("0s").value() == milliseconds(0));
}

TEST_CASE("a duration that cannot be meant is refused with the reason") {
  CHECK(says(why_no_duration(""), "empty"));
  CHECK(says(why_no_duration("7"), "unit is missing"));
  CHECK(says(why_no_duration("d"), "number is missing"));
  CHECK(says(why_no_duration("-7d"), "number is missing"));
  CHECK(says(why_no_duration("7x"), "unknown unit"));
  CHECK(says(why_no_duration("7 d"), "unknown unit"));
  CHECK(says(why_no_duration("1.5h"), "unknown unit"));
  CHECK(says(why_no_duration("30m1h"), "large to small"));
  CHECK(says(why_no_duration("5m5m"), "large to small"));
}

TEST_CASE(
    "a duration of 100 years is taken and a longer one refused, however it is put") {
  CHECK(parse_duration("36525d").has_value());
  CHECK(says(why_no_duration("36525d1ms"), "100 years"));
  CHECK(says(why_no_duration("36526d"), "100 years"));
  CHECK(says(why_no_duration("99999999999999999999w"), "100 years"));
  CHECK(says(why_no_duration("18446744073709551615w"), "100 years"));
}

TEST_CASE("a formatted duration is exact, in one unit, and reads back as itself") {
  CHECK(format_duration(std::chrono::hours(7 * 24)) == "7d");
  CHECK(format_duration(std::chrono::hours(14 * 24)) == "14d");
  CHECK(format_duration(std::chrono::hours(36)) == "36h");
  CHECK(format_duration(std::chrono::minutes(90)) == "90m");
  CHECK(format_duration(milliseconds(200)) == "200ms");
  CHECK(format_duration(milliseconds(1500)) == "1500ms");
  CHECK(format_duration(milliseconds(0)) == "0s");
  for (const std::int64_t count :
       {1LL, 999LL, 1000LL, 61000LL, 86'400'001LL, 3'155'760'000'000LL}) {
    CAPTURE(count);
    CHECK(parse_duration(format_duration(milliseconds(count))).value() ==
          milliseconds(count));
  }
}

TEST_CASE("a size is read in bytes and in both families of units") {
  CHECK(parse_size("4096").value() == 4096);
  CHECK(parse_size("4096B").value() == 4096);
  CHECK(parse_size("8MiB").value() == 8 * 1024 * 1024);
  CHECK(parse_size("1.5 GiB").value() == 1'610'612'736);
  CHECK(parse_size("20MB").value() == 20'000'000);
  CHECK(parse_size("3kB").value() == 3000);
  CHECK(parse_size("0.25TB").value() == 250'000'000'000);
  CHECK(parse_size("18446744073709551615").value() == UINT64_MAX);
}

TEST_CASE("a size that cannot be meant is refused with the reason") {
  for (const char* text : {"",
                           "MiB",
                           "-1",
                           "+1",
                           " 1",
                           "1..5MiB",
                           "1.MiB",
                           "1.1234567MiB",
                           "1.5",
                           "1.5B",
                           "8Mib!",
                           "8M"}) {
    CAPTURE(text);
    const auto parsed = parse_size(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == Errc::invalid);
    REQUIRE_FALSE(parsed.error().context.empty());
    CHECK(says(parsed.error().context.front(), "is not a size"));
  }
}

TEST_CASE("a size beyond 64 bits is refused and never wraps") {
  CHECK_FALSE(parse_size("18446744073709551616").has_value());
  CHECK_FALSE(parse_size("16777216TiB").has_value());
  CHECK(parse_size("16777215.999999TiB").has_value());
}

TEST_CASE("a size for people has one decimal and never says 1024.0") {
  CHECK(format_size(0) == "0 B");
  CHECK(format_size(812) == "812 B");
  CHECK(format_size(1023) == "1023 B");
  CHECK(format_size(1024) == "1.0 KiB");
  CHECK(format_size(3'565'158) == "3.4 MiB");
  CHECK(format_size(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(format_size(UINT64_MAX) == "16.0 EiB");
}

TEST_CASE("a count has a comma before every three digits") {
  CHECK(format_count(0) == "0");
  CHECK(format_count(999) == "999");
  CHECK(format_count(1000) == "1,000");
  CHECK(format_count(1234567) == "1,234,567");
  CHECK(format_count(UINT64_MAX) == "18,446,744,073,709,551,615");
}

TEST_CASE("the nearest word forgives a slip and answers nothing to a stranger") {
  const std::vector<std::string> words{"archived", "active", "debug", "off"};
  CHECK(nearest("archvied", words) == "archived");
  CHECK(nearest("ARCHIVE", words) == "archived");
  CHECK(nearest("debgu", words) == "debug");
  CHECK(nearest("of", words) == "off");
  CHECK(nearest("sessions", words).empty());
  CHECK(nearest("", words).empty());
  CHECK(nearest("off", {}).empty());
  CHECK(nearest(std::string(1'000'000, 'a'), words).empty());
}

TEST_CASE("printable leaves valid text alone") {
  for (const char* text :
       {"", "plain", "back\\slash", "Grüße", "日本", "😀", "\xC2\xA0"}) {
    CHECK(printable(text) == text);
  }
}

TEST_CASE("printable shows what turns the direction of text round as hex") {
  CHECK(printable("a\u202Eb\u202C") == "a\\xe2\\x80\\xaeb\\xe2\\x80\\xac");
  CHECK(printable("\u2066x\u2069") == "\\xe2\\x81\\xa6x\\xe2\\x81\\xa9");
  const std::string others = "\u2014 \u2026 \u20AC \u2030 \u2060 \u05D0";
  CHECK(printable(others) == others);
}

TEST_CASE("printable shows control bytes and bad UTF-8 as hex") {
  CHECK(printable("a\nb\x1b[2J\x7f") == "a\\x0ab\\x1b[2J\\x7f");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
  CHECK(printable("\xC2\x9B") == "\\xc2\\x9b"); // a terminal's CSI
  CHECK(printable("\xFFok") == "\\xffok");
  CHECK(printable("\xC0\xAF") == "\\xc0\\xaf"); // overlong
  CHECK(printable("\xE0\x80\xAF") == "\\xe0\\x80\\xaf");
  CHECK(printable("\xED\xA0\x80") == "\\xed\\xa0\\x80"); // surrogate
  CHECK(printable("\xF4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(printable("cut \xE6\x97") == "cut \\xe6\\x97");
  CHECK(printable("\xE6z") == "\\xe6z");
}

TEST_CASE("a time is written in UTC and cut to the second, also before 1970") {
  using namespace std::chrono;
  const sys_time<nanoseconds> day = sys_days{year{2026} / 1 / 2};
  CHECK(format_time(day + hours(3) + minutes(4) + seconds(5) + milliseconds(999)) ==
        "2026-01-02T03:04:05Z");
  CHECK(format_time(sys_time<nanoseconds>{}) == "1970-01-01T00:00:00Z");
  CHECK(format_time(sys_time<nanoseconds>{} - nanoseconds(1)) == "1969-12-31T23:59:59Z");
}

TEST_CASE("a time is read in UTC, with a fraction, and with an offset") {
  using namespace std::chrono;
  const sys_time<nanoseconds> time = sys_days{year{2026} / 1 / 2} + 3h + 4min + 5s;
  CHECK(parse_time("2026-01-02T03:04:05Z") == time);
  CHECK(parse_time("2026-01-02 03:04:05z") == time);
  CHECK(parse_time("2026-01-02T03:04:05.25Z") == time + 250ms);
  CHECK(parse_time("2026-01-02T03:04:05.1234567899Z") == time + 123'456'789ns);
  CHECK(parse_time("2026-01-02T05:34:05+02:30") == time);
  CHECK(parse_time("2026-01-01T22:04:05-05:00") == time);
  CHECK(parse_time(format_time(time)) == time);
}

TEST_CASE("what is no time, or none we can count, is refused with a sentence") {
  for (const std::string text : {"",
                                 "tomorrow",
                                 "2026-01-02",
                                 "2026-01-02T03:04:05",
                                 "2026-01-02T03:04Z",
                                 "2026-02-30T03:04:05Z",
                                 "2026-01-02T24:00:00Z",
                                 "2026-01-02T03:-4:05Z",
                                 "2026-01-02T03:-0:05Z",
                                 "2026-01-02T03:04:05.Z",
                                 "2026-01-02T03:04:05Zz",
                                 "2026-01-02T03:04:05+1:00",
                                 "2026-01-02T03:04:05+24:00",
                                 "1969-12-31T23:59:59Z",
                                 "1970-01-01T00:00:00+01:00",
                                 "2201-01-01T00:00:00Z",
                                 "20260-1-02T03:04:05Z"}) {
    CAPTURE(text);
    const auto parsed = parse_time(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == Errc::invalid);
    CHECK(parsed.error().context.at(0).starts_with("\"" + text + "\" is not a time"));
  }
}
