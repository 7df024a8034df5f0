#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace coldpress {

using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;
using BootTime = std::chrono::nanoseconds; // since boot, suspend included

// Times that we keep: as far back as 32 bits of seconds reach (1901), and so far ahead
// (2191) that no difference of two of them overflows. What a file has beyond them becomes
// one of the two values next to the range, and is never written anywhere.
inline constexpr WallTime k_earliest{std::chrono::seconds{-2'147'483'648}};
inline constexpr WallTime k_latest{std::chrono::seconds{7'000'000'000}};
inline constexpr WallTime k_too_early = k_earliest - std::chrono::nanoseconds{1};
inline constexpr WallTime k_too_late = k_latest + std::chrono::nanoseconds{1};

constexpr bool is_kept(WallTime time) {
  return time >= k_earliest && time <= k_latest;
}

// From a clock or a file of the system, of whatever size.
constexpr WallTime to_wall(std::int64_t seconds, std::int64_t nanoseconds) {
  if (seconds < k_earliest.time_since_epoch() / std::chrono::seconds{1}) {
    return k_too_early;
  }
  if (seconds >= k_latest.time_since_epoch() / std::chrono::seconds{1}) {
    return k_too_late;
  }
  return WallTime(std::chrono::seconds{seconds} + std::chrono::nanoseconds{nanoseconds});
}

// The only source of time. No file but clock.cpp asks the system.
class Clock {
public:
  virtual ~Clock() = default;

  // Calendar time. May jump either way. For file ages and ledger rows only.
  virtual WallTime wall() const = 0;

  // The calendar as a local file system writes it into the times of a file: in steps of
  // some milliseconds, behind wall() by up to one. What is changed once this has passed a
  // file's ctime gets another one.
  virtual WallTime file_time() const { return wall(); }

  // Never goes back and keeps counting while the machine is suspended
  // (CLOCK_BOOTTIME). For leases, budgets, graces and timeouts.
  virtual BootTime boot() const = 0;

  // Blocks the calling thread. For short bounded polls only (a lock that is held
  // for milliseconds); never call it on the loop thread.
  virtual void sleep(std::chrono::nanoseconds how_long) const = 0;
};

// "2026-01-02T03-04-05" in the local time zone: how Codex names a rollout.
std::string local_stamp(WallTime time);

// Thread-safe.
class SystemClock final : public Clock {
public:
  WallTime wall() const override;
  WallTime file_time() const override;
  BootTime boot() const override;
  void sleep(std::chrono::nanoseconds how_long) const override;
};

} // namespace coldpress
