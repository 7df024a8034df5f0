#pragma once

#include "locking/codex_locks.hpp"

#include <chrono>
#include <string>

namespace coldpress {

// The writer lock of one thread, taken and given back as Codex does: while it is held no
// Codex loads the thread, and no coldpress compresses it. For those who write; who
// compresses only probes it.
//
// It belongs to the open file: a process that inherits the descriptor keeps it. So when
// it is given back while such a process lives, the lock file stays, and the lock with it,
// until that process has ended. A killed holder leaves the file, which locks nothing.
class ThreadLock {
public:
  // Makes what Codex makes where it is absent. Asks every 50 ms until `wait_at_most` has
  // passed; 0 asks once. Errc::busy: the thread has a writer, or the coordination lock
  // was not to be had in 2 s; Errc::invalid: an id no thread can have.
  static Result<ThreadLock> acquire(Fs& fs,
                                    const Clock& clock,
                                    CodexLocks& codex,
                                    const std::string& thread_id,
                                    std::chrono::nanoseconds wait_at_most);

  // The lock that another process handed over with `file`, an open descriptor of its lock
  // file that stays that process's: it is neither closed nor given back.
  // Errc::lost_lock: the file is no longer the thread's lock, or another process has it.
  static Result<ThreadLock>
  handed_over(Fs& fs, CodexLocks& codex, const std::string& thread_id, FileHandle file);

  ThreadLock(ThreadLock&& other) noexcept;
  ThreadLock& operator=(ThreadLock&&) = delete;
  ~ThreadLock();

  const std::string& thread_id() const { return thread_id_; }
  FileHandle handle() const { return handle_; }
  // Errc::lost_lock if the lock file was removed or replaced: then it protects
  // nothing.
  Result<void> check() const;

private:
  ThreadLock(Fs& fs, CodexLocks& codex, std::string thread_id, File file);
  void release() noexcept;

  Fs* fs_;
  CodexLocks* codex_;
  std::string thread_id_;
  std::string path_;
  File file_; // empty if it was handed over
  FileHandle handle_ = FileHandle::none;
};

} // namespace coldpress
