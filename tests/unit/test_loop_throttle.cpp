#include "tests/support/fake_clock.hpp"
#include "worker/loop/throttle.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t k_mib = std::uint64_t{1} << 20U;

// Something happens while a job sleeps.
class HookClock final : public Clock {
public:
  WallTime wall() const override { return clock_.wall(); }
  BootTime boot() const override { return clock_.boot(); }
  void sleep(std::chrono::nanoseconds how_long) const override {
    REQUIRE(how_long <= 100ms); // or a stop would wait for longer
    clock_.sleep(how_long);
    on_sleep();
  }
  void advance(std::chrono::nanoseconds by) const { clock_.advance(by); }

  std::function<void()> on_sleep = [] {};

private:
  FakeClock clock_;
};

struct Rig {
  HookClock clock;
  Settings settings;
  std::stop_source stop;
  BootTime begun = clock.boot();

  Rig() {
    settings.pressure.cpu.reset();
    settings.pressure.io = 40;
    settings.pressure.memory = 10;
  }
  BootTime passed() const { return clock.boot() - begun; }
};

MachineLoad load_of(std::optional<std::uint32_t> io,
                    std::optional<std::uint32_t> memory = 0) {
  MachineLoad load;
  load.cpu = 99;
  load.io = io;
  load.memory = memory;
  return load;
}

MachineLoad battery(bool on) {
  MachineLoad load = load_of(0);
  load.on_battery = on;
  return load;
}

} // namespace

TEST_CASE("without a read rate nobody waits") {
  Rig rig;
  Throttle throttle(rig.clock, rig.settings);
  for (int i = 0; i < 100; ++i) {
    CHECK(throttle.pace(k_mib, rig.stop.get_token()));
  }
  CHECK(rig.passed() == 0s);
}

TEST_CASE("a read rate holds over all jobs together") {
  Rig rig;
  rig.settings.limits.read_rate = 10 * k_mib;
  Throttle throttle(rig.clock, rig.settings);
  for (int i = 0; i < 100; ++i) {
    CHECK(throttle.pace(k_mib, rig.stop.get_token())); // whichever job it is
  }
  CHECK(rig.passed() > 9700ms);
  CHECK(rig.passed() <= 10s);
}

TEST_CASE("two jobs that wait at once share the rate") {
  const HookClock clock;
  ReadRate rate(clock, 10 * k_mib);
  const BootTime begun = clock.boot();
  CHECK(rate.take(10 * k_mib) - begun == 750ms);
  CHECK(rate.take(10 * k_mib) - begun == 1750ms);
}

TEST_CASE("a read rate saves no more than a moment for later") {
  Rig rig;
  rig.settings.limits.read_rate = 10 * k_mib;
  Throttle throttle(rig.clock, rig.settings);
  rig.clock.advance(1h);
  const BootTime begun = rig.clock.boot();
  CHECK(throttle.pace(20 * k_mib, rig.stop.get_token()));
  CHECK(rig.clock.boot() - begun >= 1700ms);
}

TEST_CASE("a stop ends the wait for the read rate within 100 ms") {
  Rig rig;
  rig.settings.limits.read_rate = 1;
  Throttle throttle(rig.clock, rig.settings);
  BootTime asked{};
  rig.clock.on_sleep = [&] {
    if (rig.passed() >= 3s && asked == BootTime{}) {
      asked = rig.clock.boot();
      rig.stop.request_stop();
    }
  };
  CHECK(throttle.pace(k_mib, rig.stop.get_token()));
  CHECK(rig.clock.boot() - asked <= 100ms);
}

TEST_CASE("once the time budget is used up nothing new may start") {
  Rig rig;
  SUBCASE("it runs") {
    rig.settings.limits.time_budget = 10min;
    const Throttle throttle(rig.clock, rig.settings);
    rig.clock.advance(10min - 1ms);
    CHECK(throttle.may_start());
    rig.clock.advance(1ms);
    CHECK(throttle.time_is_up());
    CHECK_FALSE(throttle.may_start());
  }
  SUBCASE("it is nothing") {
    rig.settings.limits.time_budget = 0ms;
    CHECK_FALSE(Throttle(rig.clock, rig.settings).may_start());
  }
  SUBCASE("there is none") {
    const Throttle throttle(rig.clock, rig.settings);
    rig.clock.advance(10000h);
    CHECK(throttle.may_start());
  }
}

TEST_CASE("a job under way goes on when the time budget is used up") {
  Rig rig;
  rig.settings.limits.time_budget = 1s;
  rig.settings.limits.read_rate = k_mib;
  Throttle throttle(rig.clock, rig.settings);
  CHECK(throttle.pace(10 * k_mib, rig.stop.get_token()));
  CHECK(rig.passed() > 9s);
}

TEST_CASE("pressure above its threshold holds all up until it is below half of it") {
  Rig rig;
  Throttle throttle(rig.clock, rig.settings);
  CHECK_FALSE(throttle.see(load_of(40)));
  CHECK(throttle.may_start());

  const auto begins = throttle.see(load_of(41));
  REQUIRE(begins);
  CHECK(*begins == "waiting: I/O pressure is 41 %, and pressure.io is 40");
  CHECK_FALSE(throttle.may_start());
  CHECK_FALSE(throttle.see(load_of(90))); // told once
  CHECK_FALSE(throttle.see(load_of(20)));
  CHECK_FALSE(throttle.may_start());

  const auto ends = throttle.see(load_of(19));
  REQUIRE(ends);
  CHECK(*ends == "the machine is idle again: continuing");
  CHECK(throttle.may_start());
  CHECK_FALSE(throttle.see(load_of(39)));
}

TEST_CASE("each pressure has its threshold, and one that is off is not looked at") {
  Rig rig;
  SUBCASE("memory") {
    Throttle throttle(rig.clock, rig.settings);
    CHECK(throttle.see(load_of(0, 11)));
    CHECK(throttle.see(load_of(0, 4)));
  }
  SUBCASE("CPU") {
    rig.settings.pressure.cpu = 50;
    Throttle throttle(rig.clock, rig.settings);
    CHECK(throttle.see(load_of(0)));
  }
  SUBCASE("off") {
    rig.settings.pressure.io.reset();
    rig.settings.pressure.memory.reset();
    Throttle throttle(rig.clock, rig.settings);
    CHECK_FALSE(throttle.watches());
    CHECK_FALSE(throttle.see(load_of(100, 100)));
    CHECK(throttle.may_start());
  }
}

TEST_CASE("what is not known holds nothing up, and ends a wait") {
  Rig rig;
  rig.settings.pressure.on_battery = OnBattery::wait;
  Throttle throttle(rig.clock, rig.settings);
  CHECK_FALSE(throttle.see(MachineLoad{}));
  CHECK(throttle.may_start());
  CHECK(throttle.see(load_of(90)));
  CHECK(throttle.see(MachineLoad{}));
  CHECK(throttle.may_start());
}

TEST_CASE("on battery it waits only if that is asked for") {
  Rig rig;
  SUBCASE("ignore") {
    Throttle throttle(rig.clock, rig.settings);
    CHECK_FALSE(throttle.see(battery(true)));
    CHECK(throttle.may_start());
  }
  SUBCASE("wait") {
    rig.settings.pressure.on_battery = OnBattery::wait;
    Throttle throttle(rig.clock, rig.settings);
    CHECK(throttle.watches());
    CHECK(throttle.see(battery(true)));
    CHECK_FALSE(throttle.may_start());
    CHECK(throttle.see(battery(false)));
    CHECK(throttle.may_start());
  }
}

TEST_CASE("a job under way waits between two pieces until the pressure is over") {
  Rig rig;
  Throttle throttle(rig.clock, rig.settings);
  CHECK(throttle.see(load_of(90)));
  rig.clock.on_sleep = [&] {
    if (rig.passed() >= 4s && throttle.waits()) {
      (void)throttle.see(load_of(0));
    }
  };
  CHECK(throttle.pace(k_mib, rig.stop.get_token()));
  CHECK(rig.passed() >= 4s);
  CHECK(rig.passed() < 4100ms);
}

TEST_CASE("a stop ends the wait for the pressure") {
  Rig rig;
  Throttle throttle(rig.clock, rig.settings);
  CHECK(throttle.see(load_of(90)));
  rig.clock.on_sleep = [&] {
    if (rig.passed() >= 1s) {
      rig.stop.request_stop();
    }
  };
  CHECK(throttle.pace(k_mib, rig.stop.get_token()));
  CHECK(rig.passed() < 1100ms);
}

TEST_CASE("a job that waits for the pressure gives up when the time budget is used up") {
  Rig rig;
  rig.settings.limits.time_budget = 30s;
  Throttle throttle(rig.clock, rig.settings);
  CHECK(throttle.see(load_of(90)));
  const auto paced = throttle.pace(k_mib, rig.stop.get_token());
  REQUIRE_FALSE(paced);
  CHECK(paced.error().code == Errc::canceled);
  CHECK(rig.passed() >= 30s);
  CHECK(rig.passed() < 31s);
}
