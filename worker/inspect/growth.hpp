#pragma once

#include "worker/inspect/usage.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace coldpress {

// How fast a store grows, and when its disk is full. Pure: no disk, no clock.

inline constexpr int k_growth_days = 30;

// By what stands in the store now: what was deleted meanwhile is not in it, so that more
// may have been written.
struct Growth {
  struct Day {
    std::chrono::sys_days date{}; // UTC
    std::uint64_t bytes = 0;      // of plain form on disk, written on that day
  };
  std::vector<Day> days;    // the newest 30, oldest first, today's the last and not whole
  double bytes_per_day = 0; // over these days, or since the first rollout
  double over_days = 0;     // how many days that is
};

// A rollout is taken to have grown evenly from the time in its name to its mtime: neither
// says what happened between.
Growth growth_of(const std::vector<UsageFile>& files, WallTime now);

// What a projection goes by. Bytes.
struct Outlook {
  std::uint64_t free = 0;
  double bytes_per_day = 0;    // written, in plain form
  std::uint64_t gain_cold = 0; // compressing what is cold would free, at once
  std::uint64_t gain_all = 0;  // and what is not yet, once it is: that too
  double kept = 1;             // what compressing leaves of one byte
  double cold_after = 0;       // days
};

// Bytes the store has grown by after so many days, below zero where it has shrunk.
double growth_as_it_is(const Outlook& outlook, double days);
// With both trees compressed once they are cold.
double growth_if_compressed(const Outlook& outlook, double days);

// Days until nothing is free. Empty: not within 100 years.
std::optional<double> days_left_as_it_is(const Outlook& outlook);
std::optional<double> days_left_if_compressed(const Outlook& outlook);

} // namespace coldpress
