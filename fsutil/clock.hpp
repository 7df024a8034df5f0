#pragma once

#include <chrono>

namespace coldpress {

using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;
using BootTime = std::chrono::nanoseconds; // since boot, suspend included

// The only source of time. No file but clock.cpp asks the system.
class Clock {
public:
  virtual ~Clock() = default;

  // Calendar time. May jump either way. For file ages and ledger rows only.
  virtual WallTime wall() const = 0;

  // Never goes back and keeps counting while the machine is suspended
  // (CLOCK_BOOTTIME). For leases, budgets, graces and timeouts.
  virtual BootTime boot() const = 0;

  // Blocks the calling thread. For short bounded polls only (a lock that is held
  // for milliseconds); never call it on the loop thread.
  virtual void sleep(std::chrono::nanoseconds how_long) const = 0;
};

// Thread-safe.
class SystemClock final : public Clock {
public:
  WallTime wall() const override;
  BootTime boot() const override;
  void sleep(std::chrono::nanoseconds how_long) const override;
};

} // namespace coldpress
