#pragma once

#include "fsutil/fs.hpp"

#include <functional>

namespace coldpress {

// Calls `visit(directory, entry)` for everything below `root` that is not a directory,
// and `failed(error)` for each directory that could not be listed; the walk goes on.
// Symlinks are visited, never followed. A missing root is an empty one. At most
// `max_depth` levels of directories below the root. `directory`, if given, is called for
// each of those before it is listed.
void walk(Fs& fs,
          const std::string& root,
          int max_depth,
          const std::function<void(const std::string& dir, const DirEntry& entry)>& visit,
          const std::function<void(Error error)>& failed,
          const std::function<void(const std::string& dir, const DirEntry& entry)>&
              directory = {});

} // namespace coldpress
