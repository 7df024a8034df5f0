#pragma once

#include "fsutil/clock.hpp"

#include <mutex>

namespace coldpress {

// A clock that moves only when told. sleep() moves it and returns at once.
// Thread-safe.
class FakeClock final : public Clock {
public:
  WallTime wall() const override {
    const std::lock_guard hold(mutex_);
    return wall_;
  }
  BootTime boot() const override {
    const std::lock_guard hold(mutex_);
    return boot_;
  }
  void sleep(std::chrono::nanoseconds how_long) const override { advance(how_long); }

  void advance(std::chrono::nanoseconds by) const {
    const std::lock_guard hold(mutex_);
    wall_ += by;
    boot_ += by;
  }
  // An operator moves the calendar; the time since boot stays.
  void set_wall(WallTime to) {
    const std::lock_guard hold(mutex_);
    wall_ = to;
  }
  // Another boot, as after a power cut.
  void set_boot(BootTime to) {
    const std::lock_guard hold(mutex_);
    boot_ = to;
  }

private:
  mutable std::mutex mutex_;
  mutable WallTime wall_{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2}};
  mutable BootTime boot_{std::chrono::hours{1}};
};

} // namespace coldpress
