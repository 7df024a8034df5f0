#pragma once

#include "fsutil/fs.hpp"

#include <string>
#include <vector>

namespace coldpress {

// Whether a shell would look for files: it has "*", "?" or "[".
bool is_pattern(const std::string& path);

// The names that match an absolute pattern, sorted: as glob(7), so a leading "." must be
// written, and symlinks are followed. Unlike a shell's, a directory that cannot be listed
// is an error, and a name of which it cannot be told whether it exists is included: both
// might be a store that would be missed.
Result<std::vector<std::string>> expand_pattern(Fs& fs, const std::string& pattern);

} // namespace coldpress
