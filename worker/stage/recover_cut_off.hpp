#pragma once

#include "fsutil/fs.hpp"

#include <string>

namespace coldpress {

// True if the .zst ends inside its one frame, declares no more bytes than the plain file
// has, and decodes to the beginning of that as far as it goes: a power cut took the rest
// between its name and its second sync. It holds nothing that the plain file lacks. A
// frame that is damaged in any other way is not one of these.
Result<bool> is_cut_off_copy(Fs& fs,
                             const std::string& compressed_path,
                             const std::string& plain_path);

} // namespace coldpress
