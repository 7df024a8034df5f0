#pragma once

#include "fsutil/fs.hpp"

namespace coldpress {

// Whether most of an open file's bytes are in the page cache: somebody uses it, and
// whoever reads it through should leave it there. To be asked before reading. False for
// files under 1 MiB, of which a look at the head brings in most, and where nobody tells.
// Costs no reading; some milliseconds for a gigabyte.
bool is_in_use(Fs& fs, FileHandle file, std::uint64_t size);

} // namespace coldpress
