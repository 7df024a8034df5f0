#include "locking/codex_locks.hpp"

#include "locking/held_file.hpp"

namespace coldpress {

namespace {

// As Codex makes them.
constexpr std::uint32_t k_dir_mode = 0777;
constexpr std::chrono::milliseconds k_poll{1};

Result<void> ensure_dir(Fs& fs, const std::string& path) {
  auto made = fs.make_dir(path, k_dir_mode);
  if (!made && made.error().code == Errc::exists) {
    return {};
  }
  return made;
}

Result<void> ensure_file(Fs& fs, const std::string& path) {
  TRY_ASSIGN(const FileHandle file, fs.open_lock(path, Create::yes));
  fs.close(file);
  return {};
}

// An id comes out of a file's contents and becomes a file name here.
bool can_be_thread_id(const std::string& id) {
  return !id.empty() && id.front() != '.' &&
         id.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
}

} // namespace

CodexLockPaths::CodexLockPaths(const std::string& codex_home)
    : temp_dir(join_path(codex_home, ".tmp")),
      threads_dir(join_path(codex_home, "thread-writer-locks")),
      maintenance(join_path(temp_dir, "rollout-maintenance.lock")),
      coordination(join_path(threads_dir, ".coordination.lock")) {}

CodexLocks::CodexLocks(Fs& fs, const Clock& clock, const std::string& codex_home)
    : fs_(&fs), clock_(&clock), paths_(codex_home) {}

Result<void> CodexLocks::ensure() {
  TRY(ensure_dir(*fs_, paths_.temp_dir));
  TRY(ensure_dir(*fs_, paths_.threads_dir));
  TRY(ensure_file(*fs_, paths_.coordination));
  return ensure_file(*fs_, paths_.maintenance);
}

Result<LockedFile> CodexLocks::take(const std::string& path,
                                    std::chrono::nanoseconds wait_at_most) {
  TRY_ASSIGN(const FileHandle handle, fs_->open_lock(path, Create::yes));
  File file(*fs_, handle);
  const BootTime deadline = clock_->boot() + wait_at_most;
  auto locked = fs_->try_lock(handle);
  while (!locked && locked.error().code == Errc::busy && clock_->boot() < deadline) {
    clock_->sleep(k_poll);
    locked = fs_->try_lock(handle);
  }
  TRY(std::move(locked));
  TRY_ASSIGN(const bool named, still_named(*fs_, handle, path));
  if (!named) {
    return Fail(Error{
        Errc::busy, 0, "flock", path, {"removed or replaced while the lock was taken"}});
  }
  return LockedFile(std::move(file), path);
}

Result<LockedFile> CodexLocks::try_maintenance() {
  // Twice: a status command may be probing it at this very moment.
  return take(paths_.maintenance, k_poll);
}

Result<LockedFile> CodexLocks::try_coordination(std::chrono::nanoseconds wait_at_most) {
  return take(paths_.coordination, wait_at_most);
}

Result<bool> CodexLocks::thread_has_writer(const LockedFile& coordination,
                                           const std::string& thread_id) {
  if (coordination.path() != paths_.coordination ||
      coordination.handle() == FileHandle::none || !can_be_thread_id(thread_id)) {
    return Fail(Error{Errc::invalid, 0, "thread lock", paths_.threads_dir, {thread_id}});
  }
  auto handle = open_existing(*fs_, join_path(paths_.threads_dir, thread_id + ".lock"));
  if (!handle) {
    if (handle.error().code == Errc::not_found) {
      return false;
    }
    return Fail(std::move(handle.error()));
  }
  const File file(*fs_, *handle);
  return is_locked(*fs_, file.handle());
}

Result<std::string> CodexLocks::thread_lock_path(const std::string& thread_id) const {
  if (!can_be_thread_id(thread_id)) {
    return Fail(Error{Errc::invalid, 0, "thread lock", paths_.threads_dir, {thread_id}});
  }
  return join_path(paths_.threads_dir, thread_id + ".lock");
}

Result<bool> CodexLocks::maintenance_busy() {
  auto handle = open_existing(*fs_, paths_.maintenance);
  if (!handle) {
    if (handle.error().code == Errc::not_found) {
      return false;
    }
    return Fail(std::move(handle.error()));
  }
  const File file(*fs_, *handle);
  return is_locked(*fs_, file.handle());
}

} // namespace coldpress
