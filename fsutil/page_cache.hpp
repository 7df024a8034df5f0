#pragma once

#include "fsutil/fs.hpp"

namespace coldpress {

// Whether most of an open file's bytes are in the page cache: another process uses it,
// and a sequential reader should leave it there. To be asked before reading. False for
// files under 1 MiB, of which a look at the head brings in most, and if not known.
// Costs no reading; some milliseconds for a gigabyte.
bool is_in_use(Fs& fs, FileHandle file, std::uint64_t size);

} // namespace coldpress
