#include "worker/stage/reap.hpp"

#include "worker/rollout/name.hpp"

namespace coldpress {

namespace {

using Done = Step<std::monostate>;

Done fail(Error error) {
  return Done(Halt(Stop::from(std::move(error))));
}

// The copy that stays, and its name, survive a power cut before the other one goes.
Result<void> sync_what_stays(Fs& fs, const std::string& path, const FileStamp& stamp) {
  TRY_ASSIGN(const FileHandle handle, fs.open_read(path));
  const File file(fs, handle);
  TRY_ASSIGN(const FileStat stat, fs.stat(handle));
  if (!stamp.same_inode(stat) || stat.size != stamp.size || stat.mtime != stamp.mtime) {
    return Fail(Error{Errc::changed, 0, "reap", path, {}});
  }
  TRY(fs.sync_file(handle));
  return fs.sync_dir(parent_dir(path));
}

bool is_ours(Fs& fs, const std::string& path, const FileStamp& stamp) {
  const auto stat = fs.lstat(path);
  return stat && stamp.same_inode(*stat) && stat->size == stamp.size &&
         stat->mtime == stamp.mtime;
}

// Under the locks, with R open.
Done unlink_retired(Guards& guards, const Published& published, FileHandle retired) {
  std::optional<KernelLease> lease;
  // A write lease: whoever has it open, if only to read, may open it again for writing by
  // way of /proc/self/fd.
  auto taken = KernelLease::try_take(guards.fs, retired, LeaseKind::write);
  if (taken) {
    lease.emplace(std::move(*taken));
  } else if (taken.error().code == Errc::busy) {
    return Done(Halt(Stop::skip(Reason::open_for_writing)));
  } else if (published.lease() == LeaseSupport::works) {
    return fail(std::move(taken.error()));
  }
  const auto now = guards.fs.stat(retired);
  if (!now) {
    return fail(now.error());
  }
  if (!published.plain().same_but_ctime(*now) ||
      !is_ours(guards.fs, published.retired_path(), published.plain()) ||
      !is_ours(
          guards.fs, compressed_name(published.plain_path()), published.compressed()) ||
      (lease && !lease->whole())) {
    return Done(Halt(Stop::skip(Reason::changed)));
  }
  if (auto gone = guards.fs.unlink(published.retired_path()); !gone) {
    return fail(std::move(gone.error()));
  }
  return {};
}

} // namespace

Done reap(Guards& guards, const Published& published) {
  Fs& fs = guards.fs;
  const std::string compressed = compressed_name(published.plain_path());
  const auto directory = HeldDir::hold(fs, parent_dir(compressed));
  if (!directory) {
    return directory.error().code == Errc::not_found
               ? Done(Halt(Stop::skip(Reason::changed)))
               : fail(directory.error());
  }
  if (directory->id() != published.directory() || !directory->check()) {
    return Done(Halt(Stop::skip(
        Reason::changed, "another directory has taken the place of the one it was in")));
  }
  if (auto synced = sync_what_stays(fs, compressed, published.compressed()); !synced) {
    return synced.error().code == Errc::not_found
               ? Done(Halt(Stop::skip(Reason::changed)))
               : fail(std::move(synced.error()));
  }
  auto handle = fs.open_read(published.retired_path());
  if (!handle) {
    return fail(std::move(handle.error()));
  }
  const File retired(fs, *handle);
  auto maintenance = guards.codex.try_maintenance();
  if (!maintenance) {
    return maintenance.error().code == Errc::busy
               ? Done(Halt(Stop::skip(Reason::maintenance)))
               : fail(std::move(maintenance.error()));
  }
  {
    using namespace std::chrono_literals;
    const auto section = Section::enter(guards, published.thread_id(), 2s);
    if (!section) {
      return fail(section.error());
    }
    if (auto gone = unlink_retired(guards, published, *handle); !gone) {
      return gone;
    }
  }
  // Not to keep the bytes, only to make the freed space final.
  if (auto synced = fs.sync_dir(parent_dir(compressed)); !synced) {
    return fail(std::move(synced.error()));
  }
  return {};
}

} // namespace coldpress
