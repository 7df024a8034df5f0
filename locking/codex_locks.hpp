#pragma once

#include "fsutil/fs.hpp"

#include <chrono>
#include <string>

namespace coldpress {

// An open file with its flock held; both end with this object. Forked children that
// inherit the descriptor would keep the lock, so descriptors are close-on-exec.
class LockedFile {
public:
  LockedFile(LockedFile&&) noexcept = default;
  LockedFile& operator=(LockedFile&&) noexcept = default;

  FileHandle handle() const { return file_.handle(); }
  const std::string& path() const { return path_; }
  // Gives the lock back now.
  void reset() noexcept { file_.reset(); }

private:
  friend class CodexLocks;
  LockedFile(File file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}
  File file_;
  std::string path_;
};

// Where they are. A thread's own is <threads_dir>/<thread id>.lock.
struct CodexLockPaths {
  explicit CodexLockPaths(const std::string& codex_home);
  std::string temp_dir; // ".tmp"
  std::string threads_dir;
  std::string maintenance;
  std::string coordination;
};

// The locks Codex itself takes (flock, exclusive), as a second program may take them.
// Never makes or removes a thread's own lock file: that is a writer's, ThreadLock.
//
// Stateless: may be used by several threads at once. Owns nothing; `fs` and `clock`
// must outlive it.
class CodexLocks {
public:
  CodexLocks(Fs& fs, const Clock& clock, const std::string& codex_home);

  // Makes .tmp/, thread-writer-locks/, .coordination.lock and rollout-maintenance.lock
  // if they are absent, and nothing else: a lock that does not exist protects nothing.
  // `codex_home` itself must be there.
  Result<void> ensure();

  // Shuts out Codex's compressor and history migration. Errc::busy: one of them runs.
  Result<LockedFile> try_maintenance();

  // A process that creates, probes or removes a thread lock holds this one, for
  // milliseconds. Tries every millisecond until `wait_at_most` has passed, then
  // Errc::busy; 0 tries once. Blocks the thread: not for the loop.
  Result<LockedFile> try_coordination(std::chrono::nanoseconds wait_at_most);

  // Whether some process has the thread loaded. While `coordination` is held no process
  // that respects the locks can load it. The id is the one in the first session_meta.
  // Errc::invalid: an id no thread can have, or `coordination` is another lock.
  Result<bool> thread_has_writer(const LockedFile& coordination,
                                 const std::string& thread_id);

  // Of the lock that a thread's writer holds: see ThreadLock, which takes it.
  // Errc::invalid: an id no thread can have.
  Result<std::string> thread_lock_path(const std::string& thread_id) const;

  // Whether a process holds the maintenance lock. Makes nothing; holds a free lock for
  // a moment.
  Result<bool> maintenance_busy();

private:
  Result<LockedFile> take(const std::string& path, std::chrono::nanoseconds wait_at_most);

  Fs* fs_;
  const Clock* clock_;
  CodexLockPaths paths_;
};

} // namespace coldpress
