#include "worker/stage/recover_acts.hpp"

#include "worker/rollout/name.hpp"
#include "worker/rollout/redundant.hpp"

namespace coldpress {

using namespace std::chrono_literals;

namespace {

Error changed(const std::string& path) {
  return Error{Errc::changed, 0, "recover", path, {}};
}

Result<void> whole(const std::optional<KernelLease>& lease, const FormView& view) {
  if (lease && !lease->whole()) {
    return Fail(Error{Errc::busy, 0, "recover", view.file.path, {}});
  }
  return {};
}

// As it was when the recovery looked at it.
Copy exactly(const FormView& view) {
  return {view.file.path, view.stamp};
}

// What stays may have grown since it was compared, if it is append-only: a plain
// file's bytes stay the beginning of it.
Copy still_holding(const FormView& view) {
  return {view.file.path,
          view.stamp,
          view.file.role == Role::plain ? Since::appended : Since::nothing};
}

} // namespace

Result<void> RecoverActs::remove_copy(const FormView& victim,
                                      const FormView& keeps,
                                      const Comparison& compared) {
  TRY_ASSIGN(const Durable stays, Durable::sync(fs_, still_holding(keeps)));
  TRY_ASSIGN(const File file, open(victim));
  TRY_ASSIGN(const Maintenance maintenance, Maintenance::enter(guards_));
  {
    TRY_ASSIGN(const Section section, enter(maintenance));
    // The lease first: a writer that closed just before it has changed the stamp.
    TRY_ASSIGN(const auto lease, lease_if_retired(victim, file));
    TRY_ASSIGN(Redundant copy,
               Redundant::prove(fs_, section.lock(), compared, exactly(victim), stays));
    TRY(whole(lease, victim));
    TRY(std::move(copy).remove());
  }
  return fs_.sync_dir(victim.dir);
}

Result<void> RecoverActs::remove_second_name(const FormView& retired,
                                             const FormView& plain) {
  TRY_ASSIGN(const Durable stays, Durable::sync(fs_, exactly(plain)));
  TRY_ASSIGN(const Maintenance maintenance, Maintenance::enter(guards_));
  {
    TRY_ASSIGN(const Section section, enter(maintenance));
    TRY_ASSIGN(Redundant name,
               Redundant::second_name(fs_, section.lock(), exactly(retired), stays));
    TRY(std::move(name).remove());
  }
  return fs_.sync_dir(retired.dir);
}

Result<void> RecoverActs::put_back(const FormView& retired,
                                   const std::string& plain_path,
                                   const std::optional<Stale>& stale,
                                   const StillWanted& still_wanted) {
  TRY_ASSIGN(const File file, open(retired));
  // Its bytes before it gets the name that wins.
  TRY(Durable::sync(
      fs_, file.handle(), {retired.file.path, retired.stamp, Since::written}));
  TRY_ASSIGN(const Maintenance maintenance, Maintenance::enter(guards_));
  {
    TRY_ASSIGN(const Section section, enter(maintenance));
    TRY(same_file(retired));
    TRY(still_wanted());
    TRY(move_durably(section, retired, file, retired.file.path, plain_path));
  }
  if (!stale) {
    return fs_.sync_dir(retired.dir);
  }
  TRY_ASSIGN(const Durable plain,
             Durable::sync(fs_, {plain_path, retired.stamp, Since::appended}));
  {
    TRY_ASSIGN(const Section section, enter(maintenance));
    TRY_ASSIGN(Redundant copy,
               Redundant::prove(
                   fs_, section.lock(), stale->compared, exactly(stale->frame), plain));
    TRY(std::move(copy).remove());
  }
  return fs_.sync_dir(stale->frame.dir);
}

Result<void> RecoverActs::exchange(const FormView& retired, const FormView& plain) {
  TRY_ASSIGN(const File retired_file, open(retired));
  TRY_ASSIGN(const File plain_file, open(plain));
  TRY_ASSIGN(const Maintenance maintenance, Maintenance::enter(guards_));
  {
    TRY_ASSIGN(const Section section, enter(maintenance));
    TRY_ASSIGN(const KernelLease first,
               KernelLease::try_take(fs_, retired_file.handle(), LeaseKind::read));
    TRY_ASSIGN(const KernelLease second,
               KernelLease::try_take(fs_, plain_file.handle(), LeaseKind::read));
    TRY(unchanged(retired));
    TRY(unchanged(plain));
    TRY(fs_.rename_exchange(retired.file.path, plain.file.path));
    const auto now_plain = fs_.lstat(plain.file.path);
    if (!first.whole() || !second.whole() || !now_plain ||
        !retired.stamp.same_inode(*now_plain)) {
      TRY(fs_.rename_exchange(retired.file.path, plain.file.path));
      return Fail(Error{Errc::busy, 0, "recover", plain.file.path, {}});
    }
  }
  return fs_.sync_dir(plain.dir);
}

Result<void> RecoverActs::retire_empty(const FormView& plain, const FormView& keeps) {
  TRY(Durable::sync(fs_, still_holding(keeps)));
  TRY_ASSIGN(const File file, open(plain));
  const std::string retired =
      join_path(plain.dir, retired_name(base_name(plain.file.path)));
  TRY_ASSIGN(const Maintenance maintenance, Maintenance::enter(guards_));
  {
    TRY_ASSIGN(const Section section, enter(maintenance));
    TRY_ASSIGN(const KernelLease lease,
               KernelLease::try_take(fs_, file.handle(), LeaseKind::read));
    TRY(unchanged(plain));
    TRY(still_holds(keeps));
    TRY(fs_.rename_new(plain.file.path, retired));
    const auto now = fs_.stat(file.handle());
    if (!lease.whole() || !now || now->size != 0) {
      TRY(fs_.rename_new(retired, plain.file.path));
      return Fail(Error{Errc::busy, 0, "recover", plain.file.path, {}});
    }
  }
  return fs_.sync_dir(plain.dir);
}

Result<std::string> RecoverActs::orphan(const FormView& retired) {
  TRY(make_orphans_dir());
  TRY_ASSIGN(const std::string to, orphan_name(retired));
  TRY_ASSIGN(const File file, open(retired));
  TRY_ASSIGN(const Maintenance maintenance, Maintenance::enter(guards_));
  {
    TRY_ASSIGN(const Section section, enter(maintenance));
    TRY(unchanged(retired));
    TRY_ASSIGN(const auto lease, lease_if_retired(retired, file));
    TRY(move_durably(section, retired, file, retired.file.path, to));
    if (lease && !lease->whole()) {
      TRY(move_durably(section, retired, file, to, retired.file.path));
      return Fail(Error{Errc::busy, 0, "recover", retired.file.path, {}});
    }
  }
  TRY(fs_.sync_dir(retired.dir));
  return to;
}

Result<bool> RecoverActs::nobody_writes(const FormView& view) {
  TRY_ASSIGN(const File file, open(view));
  const auto lease = KernelLease::try_take(fs_, file.handle(), LeaseKind::read);
  has_leases_ = lease || lease.error().code == Errc::busy;
  if (!lease && lease.error().code != Errc::busy &&
      lease.error().code != Errc::unsupported && lease.error().code != Errc::denied) {
    return Fail(lease.error());
  }
  return lease || lease.error().code != Errc::busy;
}

// Durable itself, or what is put into it is not.
Result<void> RecoverActs::make_orphans_dir() {
  TRY(make_dirs(fs_, orphans_dir_, 0700));
  const std::string state_dir = parent_dir(orphans_dir_);
  TRY(fs_.sync_dir(state_dir));
  return fs_.sync_dir(parent_dir(state_dir));
}

// Its own name, or with a number after it if an earlier one of that rollout is there.
Result<std::string> RecoverActs::orphan_name(const FormView& retired) {
  const std::string name = join_path(orphans_dir_, base_name(retired.file.path));
  std::string to = name;
  for (int number = 2;; ++number) {
    const auto found = fs_.lstat(to);
    if (!found && found.error().code != Errc::not_found) {
      return Fail(found.error());
    }
    if (!found || retired.stamp.same_inode(*found)) {
      return to;
    }
    to = name + "." + std::to_string(number);
  }
}

// A power cut may keep the second of two changes without the first, and of a rename from
// one directory to another only that half whose directory was synced. So where it is not
// one rename in one directory, the new name is durable before the old one goes. A link
// that a killed process made is taken up again.
Result<void> RecoverActs::move_durably(const Section& section,
                                       const FormView& view,
                                       const File& file,
                                       const std::string& from,
                                       const std::string& to) {
  if (parent_dir(from) == parent_dir(to)) {
    auto moved = fs_.rename_new(from, to);
    if (moved || moved.error().code != Errc::unsupported) {
      return moved;
    }
  }
  if (auto linked = fs_.link(from, to); !linked) {
    const auto source = fs_.lstat(from);
    const auto target = fs_.lstat(to);
    if (!source || !target || !FileStamp::of(*source).same_inode(*target)) {
      return linked;
    }
  }
  // By its handle: whoever opens it breaks our lease.
  TRY_ASSIGN(const Durable stays,
             Durable::sync(fs_, file.handle(), {to, view.stamp, Since::written}));
  TRY_ASSIGN(Redundant name,
             Redundant::second_name(
                 fs_, section.lock(), {from, view.stamp, Since::written}, stays));
  return std::move(name).remove();
}

Result<void> RecoverActs::hold(const std::string& dir) {
  TRY_ASSIGN(HeldDir held, HeldDir::hold(fs_, dir));
  held_.push_back(std::move(held));
  return {};
}

Result<Section> RecoverActs::enter(const Maintenance& maintenance) {
  TRY_ASSIGN(Section section, Section::enter(maintenance, thread_id_, 2s));
  for (const HeldDir& dir : held_) {
    TRY(dir.check());
  }
  return section;
}

Result<File> RecoverActs::open(const FormView& view) {
  TRY_ASSIGN(const FileHandle handle, fs_.open_read(view.file.path));
  File file(fs_, handle);
  TRY_ASSIGN(const FileStat stat, fs_.stat(handle));
  if (!view.stamp.same_inode(stat)) {
    return Fail(changed(view.file.path));
  }
  return file;
}

Result<void> RecoverActs::unchanged(const FormView& view) {
  TRY_ASSIGN(const FileStat now, fs_.lstat(view.file.path));
  return FileStamp::of(now) == view.stamp ? Result<void>{}
                                          : Fail(changed(view.file.path));
}

Result<void> RecoverActs::same_file(const FormView& view) {
  TRY_ASSIGN(const FileStat now, fs_.lstat(view.file.path));
  return view.stamp.same_inode(now) ? Result<void>{} : Fail(changed(view.file.path));
}

Result<void> RecoverActs::still_holds(const FormView& view) {
  TRY_ASSIGN(const FileStat now, fs_.lstat(view.file.path));
  if (!view.stamp.same_inode(now) || now.size < view.stamp.size) {
    return Fail(changed(view.file.path));
  }
  return view.file.role == Role::plain ? Result<void>{} : unchanged(view);
}

Result<std::optional<KernelLease>> RecoverActs::lease_if_retired(const FormView& view,
                                                                 const File& file) {
  std::optional<KernelLease> lease;
  if (view.file.role != Role::retired) {
    return lease;
  }
  // A write lease: whoever has it open, if only to read, may open it again for writing by
  // way of /proc/self/fd.
  auto taken = KernelLease::try_take(fs_, file.handle(), LeaseKind::write);
  if (taken) {
    lease.emplace(std::move(*taken));
  } else if (has_leases_ || taken.error().code == Errc::busy) {
    return Fail(std::move(taken.error()));
  }
  return lease;
}

} // namespace coldpress
