#pragma once

#include "fsutil/fs.hpp"

#include <optional>
#include <string>
#include <vector>

namespace coldpress {

// The directories in which Codex may have its databases, state_<n>.sqlite.
struct ThreadDatabases {
  std::vector<std::string> usual; // those that are there are asked
  std::vector<std::string> set;   // by somebody: each must have one that answers
  bool complete = true;           // false: there may be others
};

// Whether a database of Codex's own still has a row for the thread. After an update there
// may be two for a while, and an old one stays where it was when another place is set:
// yes if any has it, no only if all could be asked. Empty otherwise, or if there is none.
// Errc::busy: Codex has one locked, and still had after 100 ms.
//
// Reads with the write-ahead log, in which Codex may have left its newest rows; makes no
// file and writes no row.
Result<std::optional<bool>>
codex_has_thread(Fs& fs, const ThreadDatabases& databases, const std::string& thread_id);

} // namespace coldpress
