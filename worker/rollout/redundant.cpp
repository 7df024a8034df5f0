#include "worker/rollout/redundant.hpp"

namespace coldpress {

namespace {

Fail changed(const std::string& path) {
  return Fail(Error{Errc::changed, 0, "compare copies", path, {}});
}

bool is_still(const Copy& copy, const FileStat& now) {
  switch (copy.since) {
  case Since::nothing:
    return FileStamp::of(now) == copy.stamp;
  case Since::moved:
    return copy.stamp.same_but_ctime(now) && copy.stamp.same_inode(now);
  case Since::appended:
    return copy.stamp.same_inode(now) && now.size >= copy.stamp.size;
  case Since::written:
    break;
  }
  return copy.stamp.same_inode(now);
}

// By name, now.
Result<FileStamp> look(Fs& fs, const Copy& copy) {
  TRY_ASSIGN(const FileStat now, fs.lstat(copy.path));
  return is_still(copy, now) ? Result<FileStamp>(FileStamp::of(now)) : changed(copy.path);
}

Result<void> held(const LockedFile& lock) {
  return lock.handle() != FileHandle::none
             ? Result<void>()
             : Fail(Error{Errc::invalid, 0, "compare copies", lock.path(), {}});
}

// What is mounted in two places has two paths and one name. The device may differ, as of
// a network file system that is mounted twice; the ctime of one file does not.
bool is_one_file(const FileStamp& a, const FileStamp& b) {
  return a.inode == b.inode && (a.device == b.device || a.ctime == b.ctime);
}

Result<bool> is_one_name(Fs& fs, const std::string& a, const std::string& b) {
  if (base_name(a) != base_name(b)) {
    return false;
  }
  TRY_ASSIGN(const DirId one, fs.look_up_dir(parent_dir(a)));
  TRY_ASSIGN(const DirId other, fs.look_up_dir(parent_dir(b)));
  return one == other;
}

bool is_file_of(const Content& content, const FileStamp& stamp) {
  const FileStamp& read = content.stamp();
  return read.device == stamp.device && read.inode == stamp.inode &&
         read.size == stamp.size;
}

} // namespace

Result<Durable> Durable::sync(Fs& fs, FileHandle file, Copy copy) {
  TRY_ASSIGN(const FileStat stat, fs.stat(file));
  if (!is_still(copy, stat)) {
    return changed(copy.path);
  }
  TRY(fs.sync_file(file));
  TRY(fs.sync_dir(parent_dir(copy.path)));
  return Durable(std::move(copy));
}

Result<Durable> Durable::sync(Fs& fs, Copy copy) {
  TRY_ASSIGN(const FileHandle handle, fs.open_read(copy.path));
  const File file(fs, handle);
  return sync(fs, handle, std::move(copy));
}

std::optional<LessSafe> less_safe(const FileStamp& goes, const FileStamp& stays) {
  constexpr std::uint32_t k_others_write = 0022;
  if (stays.uid != goes.uid) {
    return LessSafe::other_user;
  }
  if (stays.links != 1) {
    return LessSafe::second_name;
  }
  if ((stays.mode & ~goes.mode & k_others_write) != 0) {
    return LessSafe::others_write;
  }
  return is_one_file(goes, stays) ? std::optional(LessSafe::same_file) : std::nullopt;
}

Result<Redundant> Redundant::prove(Fs& fs,
                                   const LockedFile& lock,
                                   const Comparison& comparison,
                                   Copy goes,
                                   const Durable& stays) {
  TRY(held(lock));
  if (!comparison.covers(goes.stamp, stays.copy().stamp)) {
    return changed(stays.copy().path);
  }
  TRY_ASSIGN(const FileStamp goes_now, look(fs, goes));
  TRY_ASSIGN(const FileStamp stays_now, look(fs, stays.copy()));
  if (less_safe(goes_now, stays_now)) {
    return changed(stays.copy().path);
  }
  return Redundant(fs, std::move(goes.path));
}

Result<Redundant> Redundant::prove(
    Fs& fs, const LockedFile& lock, const Pair& read, Copy goes, const Durable& stays) {
  TRY(held(lock));
  if (!read.goes.same_bytes(read.stays) || !is_file_of(read.goes, goes.stamp) ||
      !is_file_of(read.stays, stays.copy().stamp)) {
    return Fail(Error{Errc::invalid, 0, "compare copies", goes.path, {}});
  }
  TRY_ASSIGN(const FileStamp goes_now, look(fs, goes));
  TRY_ASSIGN(const FileStamp stays_now, look(fs, stays.copy()));
  if (is_one_file(goes_now, stays_now)) {
    return changed(goes.path);
  }
  return Redundant(fs, std::move(goes.path));
}

Result<Redundant>
Redundant::second_name(Fs& fs, const LockedFile& lock, Copy goes, const Durable& stays) {
  TRY(held(lock));
  TRY_ASSIGN(const FileStamp goes_now, look(fs, goes));
  TRY_ASSIGN(const FileStamp stays_now, look(fs, stays.copy()));
  TRY_ASSIGN(const bool one_name, is_one_name(fs, goes.path, stays.copy().path));
  if (one_name || goes_now != stays_now) {
    return changed(goes.path);
  }
  return Redundant(fs, std::move(goes.path));
}

Result<Redundant> Redundant::empty(Fs& fs, const LockedFile& lock, Copy goes) {
  TRY(held(lock));
  TRY_ASSIGN(const FileStamp now, look(fs, goes));
  return now.size == 0 ? Result<Redundant>(Redundant(fs, std::move(goes.path)))
                       : changed(goes.path);
}

Result<void> Redundant::remove() && {
  return fs_->unlink(path_);
}

} // namespace coldpress
