#include "locking/thread_lock.hpp"

#include "locking/held_file.hpp"

#include <utility>

namespace coldpress {

using namespace std::chrono_literals;

namespace {

// Held by everybody for milliseconds; Codex itself gives up after 30 s.
constexpr std::chrono::nanoseconds k_coordination_wait = 2s;
constexpr std::chrono::nanoseconds k_poll = 50ms; // as Codex

Result<File> try_once(Fs& fs, CodexLocks& codex, const std::string& path) {
  TRY_ASSIGN(const LockedFile coordination, codex.try_coordination(k_coordination_wait));
  TRY_ASSIGN(const FileHandle handle, fs.open_lock(path, Create::yes));
  File file(fs, handle);
  TRY(fs.try_lock(handle));
  TRY_ASSIGN(const bool named, still_named(fs, handle, path));
  if (!named) { // by one who takes no coordination lock
    return Fail(
        Error{Errc::busy, 0, "flock", path, {"removed while the lock was taken"}});
  }
  return file;
}

} // namespace

Result<ThreadLock> ThreadLock::acquire(Fs& fs,
                                       const Clock& clock,
                                       CodexLocks& codex,
                                       const std::string& thread_id,
                                       std::chrono::nanoseconds wait_at_most) {
  TRY(codex.ensure());
  TRY_ASSIGN(const std::string path, codex.thread_lock_path(thread_id));
  const BootTime deadline = clock.boot() + wait_at_most;
  for (;;) {
    auto file = try_once(fs, codex, path);
    if (file) {
      return ThreadLock(fs, codex, thread_id, std::move(*file));
    }
    if (file.error().code != Errc::busy || clock.boot() >= deadline) {
      return Fail(file.error().code == Errc::busy
                      ? std::move(file.error()).in("the thread has an active writer")
                      : std::move(file.error()));
    }
    clock.sleep(k_poll);
  }
}

Result<ThreadLock> ThreadLock::handed_over(Fs& fs,
                                           CodexLocks& codex,
                                           const std::string& thread_id,
                                           FileHandle file) {
  TRY_ASSIGN(const std::string path, codex.thread_lock_path(thread_id));
  ThreadLock lock(fs, codex, thread_id, File());
  lock.handle_ = file;
  TRY(lock.check());
  // Granted if this open file has it already, and if nobody has.
  if (auto held = fs.try_lock(file); !held) {
    return Fail(Error{Errc::lost_lock,
                      held.error().sys,
                      "thread writer lock",
                      path,
                      {"the inherited lease is not the one that is held"}});
  }
  return lock;
}

ThreadLock::ThreadLock(Fs& fs, CodexLocks& codex, std::string thread_id, File file)
    : fs_(&fs), codex_(&codex), thread_id_(std::move(thread_id)),
      path_(codex.thread_lock_path(thread_id_).value_or("")), file_(std::move(file)),
      handle_(file_.handle()) {}

ThreadLock::ThreadLock(ThreadLock&& other) noexcept
    : fs_(other.fs_), codex_(other.codex_), thread_id_(std::move(other.thread_id_)),
      path_(std::move(other.path_)), file_(std::move(other.file_)),
      handle_(std::exchange(other.handle_, FileHandle::none)) {}

ThreadLock::~ThreadLock() {
  release();
}

Result<void> ThreadLock::check() const {
  auto named = still_named(*fs_, handle_, path_);
  if (!named || !*named) {
    return Fail(Error{Errc::lost_lock,
                      named ? 0 : named.error().sys,
                      "thread writer lock",
                      path_,
                      {"it was removed or replaced; writing stops"}});
  }
  return {};
}

// Without the coordination lock nothing may be removed; the file is closed all the same.
void ThreadLock::release() noexcept {
  if (!file_) {
    return;
  }
  const auto coordination = codex_->try_coordination(k_coordination_wait);
  const bool ours = still_named(*fs_, handle_, path_).value_or(false);
  file_.reset();
  if (!coordination || !ours) {
    return;
  }
  const auto probe = open_existing(*fs_, path_);
  if (!probe) {
    return;
  }
  const File file(*fs_, *probe);
  if (!is_locked(*fs_, *probe).value_or(true)) {
    (void)fs_->unlink(path_); // what stays locks nothing
  }
}

} // namespace coldpress
