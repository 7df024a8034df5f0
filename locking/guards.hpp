#pragma once

#include "locking/codex_locks.hpp"
#include "locking/store_lock.hpp"

#include <chrono>
#include <string>

namespace coldpress {

// What an act on a rollout's names stands on. All of it outlives the act.
struct Guards {
  Fs& fs;
  const Clock& clock;
  StoreLock& store;
  CodexLocks& codex;
};

// Inside: Codex's coordination lock is ours, no live writer has the thread, and the
// store is still ours. Codex starts no writer for any thread until we leave, so nothing
// in here may wait for a disk.
class Section {
public:
  // `thread_id` as in the first session_meta. The caller holds the maintenance lock.
  // Errc::busy: the coordination lock was not to be had in `wait_at_most`, or the
  // thread has a writer (the error's op says which); Errc::lost_lock: the store is no
  // longer ours.
  static Result<Section> enter(Guards& guards,
                               const std::string& thread_id,
                               std::chrono::nanoseconds wait_at_most);

  // Codex's lock alone; the other two were looked at.
  LockedFile coordination() && { return std::move(coordination_); }

  Section(Section&&) noexcept = default;
  Section& operator=(Section&&) = delete;

private:
  explicit Section(LockedFile coordination) : coordination_(std::move(coordination)) {}
  LockedFile coordination_;
};

} // namespace coldpress
