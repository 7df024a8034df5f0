#pragma once

#include "config/settings.hpp"
#include "fsutil/clock.hpp"
#include "fsutil/pressure.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace coldpress {

// A token bucket over all jobs. What was not used is saved up for a quarter of a second.
// Thread-safe.
class ReadRate {
public:
  // 0: no limit.
  ReadRate(const Clock& clock, std::uint64_t bytes_per_second);

  // Takes `bytes`, and says when they are paid for: the caller waits until then.
  BootTime take(std::uint64_t bytes);

private:
  const Clock& clock_;
  std::uint64_t rate_;
  std::mutex mutex_;
  BootTime paid_;
};

// Whether the machine has better to do: from above a threshold until every value is
// below half of its own, and while on battery if that is asked for. What is not known
// holds nothing up. One thread at a time.
class BackOff {
public:
  explicit BackOff(const Settings::Pressure& limits) : limits_(limits) {}

  // False: no look can change anything.
  bool watches() const;
  // Takes what was seen; true while the machine is to be left alone.
  bool see(const MachineLoad& load);
  // Why, for a person; empty if it does not wait.
  const std::string& reason() const { return reason_; }

private:
  Settings::Pressure limits_;
  std::string reason_;
};

// What makes a run slow: its read rate, its time budget, and the pressure on the machine.
// Thread-safe but for see(), which one thread calls at a time.
class Throttle {
public:
  // The time budget begins to run.
  Throttle(const Clock& clock, const Settings& settings);

  // Whether it wants to see() the machine's load, every 2 s or so.
  bool watches() const { return back_off_.watches(); }
  // Returns a line for the user if it begins or ends to wait.
  std::optional<std::string> see(const MachineLoad& load);

  bool waits() const { return waits_; }
  bool time_is_up() const;
  bool may_start() const { return !waits() && !time_is_up(); }

  // For a job that has read `bytes` more and holds no lock: returns when it may go on,
  // and at most 100 ms after `stop`. Errc::canceled: the time budget is used up, and the
  // machine is still to be left alone.
  Result<void> pace(std::uint64_t bytes, const std::stop_token& stop);

private:
  const Clock& clock_;
  const std::optional<std::chrono::milliseconds> budget_;
  const BootTime begun_;
  ReadRate rate_;
  BackOff back_off_;
  bool told_ = false; // that nothing is known
  std::atomic<bool> waits_{false};
};

} // namespace coldpress
