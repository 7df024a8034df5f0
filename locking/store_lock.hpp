#pragma once

#include "fsutil/fs.hpp"
#include "locking/process_id.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace coldpress {

// The right to do maintenance on one store, one holder per store: flock(2) on
// <state_dir>/store.lock, and in it a record of who holds it, with a heartbeat.
//
// The holder calls refresh() every `refresh`, and check() before each step that changes
// the disk. On one machine flock alone decides, so the lock is free at once when its
// holder dies. Where flock does not reach from host to host, others wait until the
// heartbeat is older than `stale`; a holder that could not refresh gives up by itself
// earlier, at give_up(), so that it has stopped before another process may start.
//
// Thread-safe, but for moving and destroying.
class StoreLock {
public:
  struct Timings {
    std::chrono::milliseconds refresh{std::chrono::seconds{15}};
    std::chrono::milliseconds stale{std::chrono::minutes{2}};
    std::chrono::milliseconds give_up() const { return stale - refresh * 3 / 2; }
  };

  // `state_dir` must exist; symlinks are followed, so that two names of one store meet.
  // `fs` and `clock` must outlive the lock. `self` is this_process().
  //
  // Errc::busy: a process has it, or may still have it; the context says which, since
  // when, and what to do. Durable on success. May sleep for a few milliseconds.
  static Result<StoreLock> try_acquire(Fs& fs,
                                       const Clock& clock,
                                       const ProcessId& self,
                                       const std::string& state_dir,
                                       Timings timings);

  StoreLock(StoreLock&&) noexcept;
  StoreLock& operator=(StoreLock&&) = delete;
  ~StoreLock(); // marks the record as released if it is still ours

  // Writes the heartbeat: one small write, no sync. Errc::lost_lock as in check().
  // After another error the lock is as old as before and the next refresh may succeed.
  Result<void> refresh();

  // Errc::lost_lock once another process took over, the file was removed, or the last
  // refresh is older than give_up() and cannot be made up for. From then on always.
  // Another error: could not find out; do not change the disk now.
  //
  // After a suspend, when the flock is still held and no process took over, it refreshes
  // and succeeds.
  Result<void> check();

  // Whether the last refresh is younger than give_up(). Says nothing of who has the lock:
  // only that no time has passed since check() in which another process could have
  // started. Waits for nothing, so it may be asked where check() may not.
  bool fresh() const;

  // Which tenure of the lock this is. Every take-over has a greater one.
  std::uint64_t generation() const;

private:
  class Held;
  explicit StoreLock(std::unique_ptr<Held> held);
  std::unique_ptr<Held> held_;
};

std::string store_lock_path(const std::string& state_dir);

// What status shows of the lock.
struct StoreLockHolder {
  ProcessId process; // pid 0: the record cannot be read
  std::uint64_t generation = 0;
  WallTime since{};
  WallTime heartbeat{}; // mtime of the file if the record cannot be read
  bool released = false;
  bool locked = false; // the flock was refused to a probe, so the holder is alive
};

// Empty if there is no lock file, or an empty one. Creates and changes nothing and works
// on a read-only mount. A free flock is held for a moment.
Result<std::optional<StoreLockHolder>> peek_store_lock(Fs& fs,
                                                       const std::string& state_dir);

// Marks the record as released, for when its host is known to be gone and waiting for
// `stale` is not wanted; one that cannot be read is made to look old. Errc::busy if the
// flock is held. Nothing to do is success.
Result<void> release_store_lock(Fs& fs, const std::string& state_dir);

} // namespace coldpress
