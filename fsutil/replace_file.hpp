#pragma once

#include "fsutil/fs.hpp"

#include <string>
#include <string_view>

namespace coldpress {

// Makes `path` a file of these bytes and that mode, whatever file it was: each reader
// gets the old bytes or the new, whole, and after a success so does one that comes after
// a power cut. A symlink of that name is replaced, not followed.
//
// Where the system cannot let two names change places, nobody finds `path` for a moment.
// Until then the bytes are in a temp file beside it, as TempFile names it.
// Errors: Errc::invalid, it is a directory; else as of the call that failed: the old file
// stands then, or, after the last of the steps, the new one.
Result<void>
replace_file(Fs& fs, const std::string& path, std::string_view bytes, std::uint32_t mode);

} // namespace coldpress
