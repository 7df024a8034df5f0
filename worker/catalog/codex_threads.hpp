#pragma once

#include "fsutil/fs.hpp"

#include <optional>
#include <string>

namespace coldpress {

// Whether a database of Codex's own (state_<n>.sqlite in its home) still has a row for
// the thread. After an update there may be two for a while: yes if any has it, no only if
// all could be read. Empty otherwise, or if there is none. Errc::busy: Codex has one
// locked, and still had after 100 ms.
//
// Reads with the write-ahead log, in which Codex may have left its newest rows; makes no
// file and writes no row.
Result<std::optional<bool>>
codex_has_thread(Fs& fs, const std::string& codex_home, const std::string& thread_id);

} // namespace coldpress
