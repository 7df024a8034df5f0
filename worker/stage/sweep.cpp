#include "worker/stage/sweep.hpp"

#include "fsutil/temp_file.hpp"
#include "locking/held_file.hpp"
#include "worker/stage/sweep_foreign.hpp"

namespace coldpress {

namespace {

Outcome outcome_for(std::string path, Result<bool> removed, std::string detail) {
  return removed ? Outcome::of(std::move(path), OutcomeKind::recovered, std::move(detail))
                 : Outcome::failed(std::move(path), std::move(removed.error()));
}

// True if it was removed; false if it is another's, or gone.
Result<bool> sweep_part(Guards& guards, const std::string& path, std::uint32_t uid) {
  TRY_ASSIGN(const HeldDir directory, HeldDir::hold(guards.fs, parent_dir(path)));
  // It may bear the mode of its source already, and that may be read-only.
  auto handle = open_existing(guards.fs, path);
  if (!handle) {
    return is_no_temp(handle.error()) ? Result<bool>(false)
                                      : Fail(std::move(handle.error()));
  }
  const File part(guards.fs, *handle);
  TRY_ASSIGN(const FileStat stat, guards.fs.stat(*handle));
  if (stat.uid != uid) {
    return false;
  }
  if (auto locked = guards.fs.try_lock(*handle); !locked) {
    return locked.error().code == Errc::busy ? Result<bool>(false)
                                             : Fail(std::move(locked.error()));
  }
  TRY(directory.check());
  TRY(guards.store.check());
  TRY(remove_part(guards.fs, path));
  return true;
}

} // namespace

std::vector<Outcome>
sweep_temps(Guards& guards, Inventory& found, const SweepRules& rules) {
  std::vector<Outcome> outcomes;
  for (const std::string& path : found.parts) {
    auto removed = sweep_part(guards, path, rules.uid);
    if (!removed || *removed) {
      outcomes.push_back(outcome_for(path_in_store(rules.home, path),
                                     std::move(removed),
                                     "temp file of a coldpress that has ended"));
    }
  }
  for (const std::string& path : found.foreign_temps) {
    auto swept = sweep_foreign(guards, {rules.home, path, rules.uid});
    if (swept && *swept == Swept::unknown) {
      found.odd.push_back({path, Oddity::unknown_temp, NameKind::foreign_temp});
    } else if (!swept || *swept == Swept::removed) {
      outcomes.push_back(outcome_for(
          path_in_store(rules.home, path),
          swept ? Result<bool>(true) : Fail(std::move(swept.error())),
          "temp file of Codex, a day old and not open; its rollout contains all of it"));
    }
  }
  return outcomes;
}

} // namespace coldpress
