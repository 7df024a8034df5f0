#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coldpress {

// What the small files of /proc and /sys say. Pure; anything not understood is empty.

// Who holds the flock(2) on that file, by /proc/locks. Some file systems tell another
// device there than by stat(2): a lock on that inode of any device counts if there is no
// other.
std::optional<std::uint32_t>
flock_holder(std::string_view proc_locks, std::uint64_t device, std::uint64_t inode);

// The soft limit of open files in /proc/self/limits.
std::optional<std::uint64_t> open_file_limit(std::string_view proc_limits);

// Bytes behind "MemAvailable:" in /proc/meminfo.
std::optional<std::uint64_t> available_memory(std::string_view meminfo);

} // namespace coldpress
