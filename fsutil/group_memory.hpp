#pragma once

#include "fsutil/fs.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace coldpress {

// What the control group of this process may use of memory. Who takes more is killed,
// whatever the machine has.
struct GroupMemory {
  std::uint64_t limit = 0; // bytes: the smallest on the way up to the root
  std::uint64_t left =
      0; // of what the tightest group has, pages of files counted as free
};

// Linux' control groups, unified (memory.max, memory.high) or of version 1. Empty: no
// limit, or it is not known; that is no error. Reads some small files of /proc and /sys.
// `root` stands before their paths.
std::optional<GroupMemory> read_group_memory(Fs& fs, const std::string& root = {});

} // namespace coldpress
