#include "fsutil/clock.hpp"
#include "tests/support/fake_clock.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace coldpress {

TEST_CASE("the system's time since boot never goes back") {
  const SystemClock clock;
  BootTime before = clock.boot();
  for (int i = 0; i < 1000; ++i) {
    const BootTime now = clock.boot();
    CHECK(now >= before);
    before = now;
  }
  CHECK(before > BootTime{0});
}

TEST_CASE(
    "a time that nanoseconds cannot hold becomes one beside the range, not another") {
  constexpr std::int64_t k_year_2400 = 13'569'465'600;
  constexpr std::int64_t k_year_1 = -62'135'596'800;
  static_assert(to_wall(0, 5) == WallTime(std::chrono::nanoseconds{5}));
  CHECK(to_wall(k_year_2400, 0) == k_too_late);
  CHECK(to_wall(std::numeric_limits<std::int64_t>::max(), 999'999'999) == k_too_late);
  CHECK(to_wall(k_year_1, 0) == k_too_early);
  CHECK(to_wall(std::numeric_limits<std::int64_t>::min(), 0) == k_too_early);
  CHECK(to_wall(-2'147'483'648, 0) == k_earliest);
  CHECK(is_kept(k_earliest));
  CHECK(is_kept(k_latest));
  CHECK_FALSE(is_kept(k_too_early));
  CHECK_FALSE(is_kept(k_too_late));
  // No difference of two overflows, whatever a file says.
  CHECK(k_too_late - k_too_early > std::chrono::nanoseconds{0});
}

TEST_CASE("the system clock sleeps at least as long as asked") {
  const SystemClock clock;
  const BootTime before = clock.boot();
  clock.sleep(std::chrono::milliseconds{2});
  CHECK(clock.boot() - before >= std::chrono::milliseconds{2});
}

TEST_CASE("the system's wall time is of this century") {
  const WallTime year_2020 = std::chrono::sys_days{std::chrono::year{2020} / 1 / 1};
  CHECK(SystemClock().wall() > year_2020);
}

TEST_CASE("the fake clock moves only when told, and its calendar may jump alone") {
  FakeClock clock;
  const WallTime wall = clock.wall();
  const BootTime boot = clock.boot();
  clock.advance(std::chrono::seconds{5});
  clock.sleep(std::chrono::seconds{2});
  CHECK(clock.wall() - wall == std::chrono::seconds{7});
  CHECK(clock.boot() - boot == std::chrono::seconds{7});
  clock.set_wall(wall);
  CHECK(clock.wall() == wall);
  CHECK(clock.boot() - boot == std::chrono::seconds{7});
}

} // namespace coldpress
