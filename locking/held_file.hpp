#pragma once

#include "fsutil/fs.hpp"

#include <string>
#include <string_view>

namespace coldpress {

// What the lock files of this room need of an open file. Files here are small.

// The first `limit` bytes, or all if there are fewer.
Result<std::string> read_start(Fs& fs, FileHandle file, std::size_t limit);

// Overwrites from the beginning; what stood behind it stays.
Result<void> write_start(Fs& fs, FileHandle file, std::string_view text);

// Whether `path` still names this open file. A lock on a file that was unlinked and
// recreated by another process protects nothing.
Result<bool> still_named(Fs& fs, FileHandle file, const std::string& path);

// For probes: open_lock() without creating, or read-only where writing is denied.
Result<FileHandle> open_existing(Fs& fs, const std::string& path);

// True if another open file holds the flock. A free one is ours until the file is
// closed: close it at once.
Result<bool> is_locked(Fs& fs, FileHandle file);

} // namespace coldpress
