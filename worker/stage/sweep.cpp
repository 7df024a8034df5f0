#include "worker/stage/sweep.hpp"

#include "locking/held_file.hpp"

namespace coldpress {

namespace {

Outcome outcome_for(const std::string& path, Result<bool> removed, std::string detail) {
  Outcome outcome;
  outcome.rollout = path;
  outcome.kind = OutcomeKind::recovered;
  outcome.detail = std::move(detail);
  if (!removed) {
    outcome.kind = OutcomeKind::failed;
    outcome.error = std::move(removed.error());
  }
  return outcome;
}

// Gone since the scan, or a symlink that somebody gave such a name.
bool is_none_of_ours(const Error& error) {
  return error.code == Errc::not_found || error.code == Errc::invalid;
}

// True if it was removed; false if it is somebody's, or gone.
Result<bool> sweep_part(Guards& guards, const std::string& path) {
  TRY_ASSIGN(const HeldDir directory, HeldDir::hold(guards.fs, parent_dir(path)));
  // It may bear the mode of its source already, and that may be read-only.
  auto handle = open_existing(guards.fs, path);
  if (!handle) {
    return is_none_of_ours(handle.error()) ? Result<bool>(false)
                                           : Fail(std::move(handle.error()));
  }
  const File part(guards.fs, *handle);
  if (auto locked = guards.fs.try_lock(*handle); !locked) {
    return locked.error().code == Errc::busy ? Result<bool>(false)
                                             : Fail(std::move(locked.error()));
  }
  TRY(directory.check());
  TRY(guards.store.check());
  TRY(guards.fs.unlink(path));
  return true;
}

bool old_enough(const FileStat& stat, WallTime now) {
  return stat.type == FileType::regular && now - stat.mtime > k_foreign_temp_age &&
         now - stat.ctime > k_foreign_temp_age;
}

Result<bool> sweep_foreign(Guards& guards, const std::string& path) {
  TRY_ASSIGN(const HeldDir directory, HeldDir::hold(guards.fs, parent_dir(path)));
  auto handle = guards.fs.open_read(path);
  if (!handle) {
    return is_none_of_ours(handle.error()) ? Result<bool>(false)
                                           : Fail(std::move(handle.error()));
  }
  const File temp(guards.fs, *handle);
  TRY_ASSIGN(const FileStat stat, guards.fs.stat(*handle));
  if (!old_enough(stat, guards.clock.wall())) {
    return false;
  }
  auto maintenance = guards.codex.try_maintenance();
  if (!maintenance) {
    return maintenance.error().code == Errc::busy ? Result<bool>(false)
                                                  : Fail(std::move(maintenance.error()));
  }
  // Granted only if nobody else has it open at all. Without leases there is no proof.
  const auto lease = KernelLease::try_take(guards.fs, *handle, LeaseKind::write);
  if (!lease || !lease->whole()) {
    return false;
  }
  TRY_ASSIGN(const FileStat named, guards.fs.lstat(path));
  if (!FileStamp::of(stat).same_inode(named)) {
    return false;
  }
  TRY(directory.check());
  TRY(guards.store.check());
  TRY(guards.fs.unlink(path));
  return true;
}

} // namespace

std::vector<Outcome> sweep_temps(Guards& guards, const Inventory& found) {
  std::vector<Outcome> outcomes;
  const auto note =
      [&](const std::string& path, Result<bool> removed, std::string detail) {
        if (!removed || *removed) {
          outcomes.push_back(outcome_for(path, std::move(removed), std::move(detail)));
        }
      };
  for (const std::string& path : found.parts) {
    note(path, sweep_part(guards, path), "temp file of a coldpress that is gone");
  }
  for (const std::string& path : found.foreign_temps) {
    note(path, sweep_foreign(guards, path), "Codex's temp file, a day old and not open");
  }
  return outcomes;
}

} // namespace coldpress
