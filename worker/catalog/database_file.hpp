#pragma once

#include "fsutil/clock.hpp"
#include "fsutil/result.hpp"

#include <string>

namespace coldpress {

// Makes an empty file of mode 0600 where there is none: SQLite would make it readable for
// everyone the umask allows. Its journals take the mode of the database.
Result<void> create_private(const std::string& path);

// Moves a damaged database to a name that says when; that name. Never over another file.
Result<std::string> set_aside(const std::string& path, WallTime now);

} // namespace coldpress
