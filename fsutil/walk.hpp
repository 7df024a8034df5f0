#pragma once

#include "fsutil/fs.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

// Calls `visit(directory, entry)` for everything below `root` that is not a directory,
// and `failed(error)` for each directory that could not be listed; the walk goes on.
// Each directory is held while its entries are visited. Symlinks are visited, never
// followed. A missing root is an empty one. At most `max_depth` levels of directories
// below the root. `directory`, if given, is called for each of those before it is listed.
// `known`, if given, is asked before a directory is listed: if it returns the names of
// the directories in it, the walk goes on in those, and nothing in it is listed or
// visited.
void walk(
    Fs& fs,
    const std::string& root,
    int max_depth,
    const std::function<void(const std::string& dir, const DirEntry& entry)>& visit,
    const std::function<void(Error error)>& failed,
    const std::function<void(const std::string& dir, const DirEntry& entry)>& directory =
        {},
    const std::function<std::optional<std::vector<std::string>>(const std::string& dir)>&
        known = {});

} // namespace coldpress
