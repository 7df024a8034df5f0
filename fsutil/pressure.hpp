#pragma once

#include "fsutil/fs.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace coldpress {

// How busy the machine is, as far as it tells. What is empty is not known.
struct MachineLoad {
  // Percent of the last 10 s in which some task waited, rounded down: the `some` line of
  // Linux' pressure stall information. Our own waiting threads are counted, too.
  std::optional<std::uint32_t> cpu;
  std::optional<std::uint32_t> io;
  std::optional<std::uint32_t> memory;
  std::optional<bool> on_battery; // no line in, and a battery of the machine runs down
};

// Both read some small files of /proc and /sys, which no disk is behind. Where there are
// none (macOS, containers, old kernels), nothing is known; that is no error.
// `root` stands before their paths.

// All but `on_battery`.
MachineLoad read_pressure(Fs& fs, const std::string& root = {});
// May ask a slow chip: not for every look.
std::optional<bool> read_on_battery(Fs& fs, const std::string& root = {});

} // namespace coldpress
