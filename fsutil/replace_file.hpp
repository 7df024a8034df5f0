#pragma once

#include "fsutil/fs.hpp"

namespace coldpress {

// Makes the file `path` hold `text`: at each moment, also after a power cut, its name is
// the old file or the whole new one. An existing file keeps its mode and owner; a new one
// gets `mode`. A symlink stays, and what it points to is replaced. The directory must
// exist. Where two names cannot be exchanged in one step, the old file stands beside it
// as
// "<path>.coldpress-old" for that moment and after a crash in it.
Result<void>
replace_file(Fs& fs, const std::string& path, std::string_view text, std::uint32_t mode);

} // namespace coldpress
