#pragma once

#include "fsutil/fs.hpp"

#include <optional>
#include <string>

namespace coldpress {

// Whether Codex's own database (state_<n>.sqlite in its home, the highest n) still has a
// row for the thread. Empty if there is no such database, or none that can be read.
//
// Reads with the write-ahead log, in which Codex may have left its newest rows, and so
// may touch the -shm file beside it; never writes a row.
std::optional<bool>
codex_has_thread(Fs& fs, const std::string& codex_home, const std::string& thread_id);

} // namespace coldpress
