#pragma once

#include "fsutil/fs.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace coldpress {

// A database larger than this, or with a larger write-ahead log, is not read into memory.
inline constexpr std::uint64_t k_most_snapshot = std::uint64_t{256} << 20U;

// The pages of a SQLite database as its last committed transaction left them: the file
// with the committed frames of its write-ahead log over it. SQLite itself reads such a
// log only with a -shm file that it makes beside it; this makes nothing. The copy says of
// itself that it has no log, so that SQLite reads it from memory.
//
// Sound beside a process that writes: a page of the file that changes while it is read
// stands in the log, too, until the log begins again, which its header shows.
//
// Errors: those of Fs; Errc::invalid (not a regular file, or larger than `limit`);
// Errc::busy (the log began again, or the file changed without one, at each of three
// tries).
Result<std::vector<std::byte>>
read_snapshot(Fs& fs, const std::string& path, std::uint64_t limit = k_most_snapshot);

} // namespace coldpress
