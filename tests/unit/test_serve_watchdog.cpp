#include "worker/serve/watchdog.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace std::chrono_literals;

TEST_CASE("idle, all is well each time it is asked") {
  Watchdog watchdog;
  for (BootTime now = 0h; now < 100h; now += 1h) {
    CHECK(watchdog.may_tell(now));
  }
}

TEST_CASE("during a pass all is well only if something moved since it was last told") {
  Watchdog watchdog;
  watchdog.pass_began(0h);
  watchdog.moved();
  CHECK(watchdog.may_tell(1min));
  CHECK_FALSE(watchdog.may_tell(2min));
  CHECK_FALSE(watchdog.may_tell(3min));
  watchdog.moved();
  CHECK(watchdog.may_tell(4min));
  watchdog.pass_ended();
  CHECK(watchdog.may_tell(5min));
  CHECK(watchdog.may_tell(6min));
}

TEST_CASE("a pass that says that it waits is well") {
  Watchdog watchdog;
  watchdog.pass_began(0h);
  watchdog.moved();
  CHECK(watchdog.may_tell(1min));
  watchdog.waits();
  CHECK(watchdog.may_tell(100h));
  CHECK_FALSE(watchdog.may_tell(101h));
}

TEST_CASE("a pass may look at the store for an hour before anything moves") {
  Watchdog watchdog;
  watchdog.pass_began(10h);
  CHECK(watchdog.may_tell(10h + 1min));
  CHECK(watchdog.may_tell(11h - 1s));
  CHECK_FALSE(watchdog.may_tell(11h));
  watchdog.pass_ended();
  watchdog.pass_began(20h);
  CHECK(watchdog.may_tell(20h + 30min));
}
