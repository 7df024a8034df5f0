#pragma once

#include "config/settings.hpp"
#include "fsutil/fs.hpp"

#include <memory>
#include <vector>

namespace coldpress {

// A Codex home that was looked at and found to be ours to work on.
struct Store {
  std::string home;       // absolute, no symlinks
  std::string own_dir;    // <home>/coldpress: the lock and the orphans; may not exist yet
  std::string state_dir;  // for what can be made again: the ledger; may not exist yet
  std::uint32_t uid = 0;  // whose rollouts are taken: ours
  bool has_trees = false; // sessions/ or archived_sessions/ is there
  std::string codex_sqlite_home{}; // as in Settings
  // As long as a copy of this lives, every path below `home` is taken from the directory
  // that was looked at, and follows no symlink. A daemon lets go of it between its
  // passes, so that the file system can be unmounted.
  std::shared_ptr<const std::vector<HeldDir>> held{};

  std::string orphans_dir() const { return own_dir + "/orphans"; }
  // Where a daemon that serves this store is asked.
  std::string control_socket() const { return own_dir + "/control.sock"; }
};

// Creates nothing. Errors: Errc::not_found (also of a directory with nothing of Codex in
// it, such as an empty mount point), Errc::invalid (not a directory, or several
// stores are set and none is named),
// Errc::denied (unreadable; or we are root and it is another user's: files made there
// would not be theirs any more). The context says what to do.
Result<Store> open_store(Fs& fs, const Settings& settings, std::uint32_t uid);

} // namespace coldpress
