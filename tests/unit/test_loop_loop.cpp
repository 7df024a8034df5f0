#include "fsutil/clock.hpp"
#include "worker/loop/loop.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace coldpress;
using namespace std::chrono_literals;

TEST_CASE("a timer of the loop never comes before its delay is over") {
  const SystemClock clock;
  std::chrono::nanoseconds shortest = 1h;
  for (int i = 0; i < 100; ++i) {
    Loop loop;
    const BootTime begun = clock.boot();
    loop.after(2ms, [&] {
      shortest = std::min<std::chrono::nanoseconds>(shortest, clock.boot() - begun);
      loop.stop();
    });
    loop.run();
  }
  CHECK(shortest >= 2ms);
}
