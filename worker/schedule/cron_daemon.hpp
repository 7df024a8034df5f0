#pragma once

#include "fsutil/fs.hpp"

#include <optional>
#include <string>

namespace coldpress {

// Whether the daemon that reads crontabs runs, by the names of processes. Empty: not
// tells. `root` stands before /proc.
std::optional<bool> cron_runs(Fs& fs, const std::string& root = {});

} // namespace coldpress
