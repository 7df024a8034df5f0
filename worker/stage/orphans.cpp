#include "worker/stage/orphans.hpp"

#include "locking/kernel_lease.hpp"
#include "worker/rollout/name.hpp"
#include "worker/stage/place.hpp"

#include <algorithm>

namespace coldpress {

namespace {

// A second orphan of one rollout has a number behind its name: NAME.2
std::optional<std::string> plain_name_of(const std::string& name) {
  const std::size_t end = name.find_last_not_of("0123456789");
  const bool numbered =
      end != std::string::npos && end + 1 < name.size() && name[end] == '.';
  return retired_plain_name(numbered ? name.substr(0, end) : name);
}

// The one place that may take a last copy, for the user has said so; all others need a
// Redundant. False: somebody has it open, or it has changed or gone since it was listed.
Result<bool> remove_one(Guards& guards, const Orphan& orphan) {
  auto handle = guards.fs.open_read(orphan.path);
  if (!handle) {
    return handle.error().code == Errc::not_found ? Result<bool>(false)
                                                  : Fail(std::move(handle.error()));
  }
  const File file(guards.fs, *handle);
  const auto lease = KernelLease::try_take(guards.fs, *handle, LeaseKind::write);
  if (!lease && lease.error().code == Errc::busy) {
    return false;
  }
  TRY_ASSIGN(const FileStat open, guards.fs.stat(*handle));
  TRY_ASSIGN(const FileStat named, guards.fs.lstat(orphan.path));
  if (!FileStamp::of(open).same_inode(named) || named.ctime != orphan.since) {
    return false;
  }
  TRY(guards.store.check());
  TRY(guards.fs.unlink(orphan.path));
  return true;
}

} // namespace

Result<std::vector<Orphan>> list_orphans(Fs& fs, const std::string& orphans_dir) {
  std::vector<Orphan> orphans;
  auto entries = fs.list_dir(orphans_dir);
  if (!entries) {
    return entries.error().code == Errc::not_found
               ? Result<std::vector<Orphan>>(std::move(orphans))
               : Fail(std::move(entries.error()));
  }
  for (const DirEntry& entry : *entries) {
    const std::string path = join_path(orphans_dir, entry.name);
    const auto plain = plain_name_of(entry.name);
    const auto stat = fs.lstat(path);
    if (plain && stat && stat->type == FileType::regular) {
      orphans.push_back({path, *plain, stat->size, stat->ctime});
    }
  }
  std::sort(orphans.begin(), orphans.end(), [](const Orphan& a, const Orphan& b) {
    return a.since < b.since;
  });
  return orphans;
}

std::vector<Outcome>
remove_orphans(Guards& guards, const std::string& home, const std::string& orphans_dir) {
  std::vector<Outcome> outcomes;
  auto orphans = list_orphans(guards.fs, orphans_dir);
  if (!orphans) {
    outcomes.push_back(
        Outcome::failed(path_in_store(home, orphans_dir), std::move(orphans.error())));
    return outcomes;
  }
  for (const Orphan& orphan : *orphans) {
    if (guards.clock.wall() - orphan.since < k_orphan_age) {
      continue;
    }
    auto removed = remove_one(guards, orphan);
    if (removed && !*removed) {
      continue;
    }
    const std::string path = path_in_store(home, orphan.path);
    outcomes.push_back(
        removed
            ? Outcome::of(path, OutcomeKind::removed, "an orphan of " + orphan.plain_name)
            : Outcome::failed(path, std::move(removed.error())));
    outcomes.back().bytes_before = orphan.bytes;
  }
  return outcomes;
}

} // namespace coldpress
