#include "worker/run/growth.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <numeric>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_days k_today{std::chrono::year{2026} / 3 / 31};
const WallTime k_now = WallTime{k_today} + 12h;

// Begun at that time, by its name.
UsageFile file(const std::string& begun, WallTime left, std::uint64_t plain) {
  UsageFile made;
  made.rollout = "archived_sessions/rollout-" + begun +
                 "-0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001.jsonl";
  made.bytes = plain;
  made.plain = plain;
  made.mtime = left;
  return made;
}

std::uint64_t sum_of(const Growth& growth) {
  return std::accumulate(
      growth.days.begin(),
      growth.days.end(),
      std::uint64_t{0},
      [](std::uint64_t sum, const Growth::Day& day) { return sum + day.bytes; });
}

} // namespace

TEST_CASE("a rollout counts on the day it was written, in plain form") {
  UsageFile compressed = file("2026-03-30T10-00-00", WallTime{k_today} - 13h, 5000);
  compressed.form = UsageForm::compressed;
  compressed.bytes = 10;
  const Growth growth = growth_of({compressed}, k_now);
  REQUIRE(growth.days.size() == 30);
  CHECK(growth.days.back().date == k_today);
  CHECK(growth.days[28].bytes == 5000);
  CHECK(sum_of(growth) == 5000);
}

TEST_CASE("a rollout that took days is spread over them, also over the first border") {
  const Growth four =
      growth_of({file("2026-03-27T00-00-00", WallTime{k_today}, 4000)}, k_now);
  for (std::size_t day = 25; day < 29; ++day) {
    CHECK(four.days[day].bytes == 1000);
  }
  CHECK(sum_of(four) == 4000);
  // Half of it lies before the first of the 30 days.
  const Growth half =
      growth_of({file("2026-02-27T00-00-00", WallTime{k_today} - 25 * 24h, 6000)}, k_now);
  CHECK(sum_of(half) > 2000);
  CHECK(sum_of(half) < 4000);
}

TEST_CASE("odd times lose nothing and count nothing twice") {
  // Left before it was begun; left in the future; no date in the name.
  CHECK(sum_of(growth_of({file("2026-03-31T23-00-00", k_now, 100)}, k_now)) == 100);
  const Growth future = growth_of({file("2026-03-31T01-00-00", k_now + 48h, 900)}, k_now);
  CHECK(sum_of(future) <= 900);
  UsageFile nameless = file("2026-03-31T01-00-00", k_now, 70);
  nameless.rollout = "archived_sessions/rollout-x.jsonl";
  CHECK(sum_of(growth_of({nameless}, k_now)) == 70);
  UsageFile retired = file("2026-03-31T01-00-00", k_now, 70);
  retired.form = UsageForm::retired;
  CHECK(sum_of(growth_of({retired}, k_now)) == 0);
}

TEST_CASE("the rate goes by the days there are rollouts of, at least one") {
  const Growth young =
      growth_of({file("2026-03-27T12-00-00", k_now - 2 * 24h, 4000)}, k_now);
  CHECK(young.over_days == doctest::Approx(4));
  CHECK(young.bytes_per_day == doctest::Approx(1000));
  const Growth newest = growth_of({file("2026-03-31T11-00-00", k_now, 4000)}, k_now);
  CHECK(newest.over_days == doctest::Approx(1));
  const Growth old =
      growth_of({file("2020-01-01T00-00-00", k_now - 900 * 24h, 1)}, k_now);
  CHECK(old.bytes_per_day == 0);
  CHECK(growth_of({}, k_now).bytes_per_day == 0);
}

TEST_CASE("the disk is full when the free room is written over") {
  Outlook outlook;
  outlook.free = 1000;
  outlook.bytes_per_day = 10;
  CHECK(days_left_as_it_is(outlook) == 100.0);
  outlook.bytes_per_day = 0;
  CHECK_FALSE(days_left_as_it_is(outlook));
  CHECK_FALSE(days_left_if_compressed(outlook));
}

TEST_CASE("compressing frees what is cold at once, the rest as it turns cold") {
  Outlook outlook;
  outlook.free = 1000;
  outlook.bytes_per_day = 10;
  outlook.gain_cold = 500;
  outlook.gain_all = 600;
  outlook.kept = 0.1;
  outlook.cold_after = 7;
  CHECK(growth_if_compressed(outlook, 0) == doctest::Approx(-500));
  CHECK(growth_if_compressed(outlook, 7) == doctest::Approx(70 - 600));
  CHECK(growth_if_compressed(outlook, 17) == doctest::Approx(70 - 600 + 10));
  // 1000 = 70 - 600 + (days - 7) * 1
  CHECK(*days_left_if_compressed(outlook) == doctest::Approx(1537));
  CHECK(*days_left_if_compressed(outlook) > *days_left_as_it_is(outlook));
}

TEST_CASE("a disk that fills before anything turns cold fills on the way") {
  Outlook outlook;
  outlook.free = 20;
  outlook.bytes_per_day = 10;
  outlook.kept = 0.1;
  outlook.cold_after = 7;
  CHECK(*days_left_if_compressed(outlook) == doctest::Approx(2));
  outlook.cold_after = 0;
  CHECK(*days_left_if_compressed(outlook) == doctest::Approx(20));
}

TEST_CASE("a name of a year that cannot be says nothing of when a rollout began") {
  for (const char* begun : {"0001-01-01T00-00-00", "9999-12-31T23-59-59"}) {
    CAPTURE(begun);
    const Growth growth = growth_of({file(begun, WallTime{k_today} - 1h, 4000)}, k_now);
    CHECK(growth.days[28].bytes == 4000);
    CHECK(growth.over_days == 1.0);
  }
}

TEST_CASE("what stands in a second form has not grown twice") {
  UsageFile spare = file("2026-03-30T10-00-00", WallTime{k_today} - 13h, 5000);
  spare.form = UsageForm::compressed;
  spare.spare = true;
  const UsageFile plain = file("2026-03-30T10-00-00", WallTime{k_today} - 13h, 5000);
  CHECK(sum_of(growth_of({spare, plain}, k_now)) == 5000);
}

TEST_CASE("a plain rollout has grown by what it takes of the disk, not by its length") {
  UsageFile sparse = file("2026-03-30T10-00-00", WallTime{k_today} - 13h, 5000);
  sparse.plain = std::uint64_t{1} << 63U;
  CHECK(sum_of(growth_of({sparse}, k_now)) == 5000);
  sparse.bytes = std::uint64_t{1} << 63U;
  const Growth many = growth_of({sparse, sparse, sparse}, k_now);
  CHECK(many.days[28].bytes == std::numeric_limits<std::uint64_t>::max());
}
