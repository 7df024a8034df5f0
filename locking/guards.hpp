#pragma once

#include "locking/codex_locks.hpp"
#include "locking/store_lock.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace coldpress {

// What an act on a rollout's names stands on. All of it outlives the act.
struct Guards {
  Fs& fs;
  const Clock& clock;
  StoreLock& store;
  CodexLocks& codex;
};

// The operation of the Error when Codex has its maintenance lock.
inline constexpr std::string_view k_maintenance_op = "maintenance lock";

// Codex's maintenance lock is ours: neither its compressor nor a migration of histories
// runs. Whoever changes a rollout's names holds one from the first name to the last.
class Maintenance {
public:
  // Errc::busy with k_maintenance_op: Codex has it.
  static Result<Maintenance> enter(Guards& guards);

  Maintenance(Maintenance&&) noexcept = default;
  Maintenance& operator=(Maintenance&&) = delete;

  Guards& guards() const { return *guards_; }
  const LockedFile& lock() const { return lock_; }

private:
  Maintenance(Guards& guards, LockedFile lock)
      : guards_(&guards), lock_(std::move(lock)) {}
  Guards* guards_;
  LockedFile lock_;
};

// Inside: Codex's coordination lock is ours, no live writer has the thread, and the
// store is still ours. Codex starts no writer for any thread until we leave, so nothing
// in here may wait for a disk.
class Section {
public:
  // `thread_id` as in the first session_meta.
  // Errc::busy: the coordination lock was not to be had in `wait_at_most`, or the
  // thread has a writer (the error's op says which); Errc::lost_lock: the store is no
  // longer ours.
  static Result<Section> enter(const Maintenance& maintenance,
                               const std::string& thread_id,
                               std::chrono::nanoseconds wait_at_most);

  // Whether enter() would succeed now, without the maintenance lock: its errors.
  static Result<void> probe(Guards& guards,
                            const std::string& thread_id,
                            std::chrono::nanoseconds wait_at_most);

  const LockedFile& lock() const { return coordination_; }
  // Codex's lock alone; the other two were looked at.
  LockedFile coordination() && { return std::move(coordination_); }

  Section(Section&&) noexcept = default;
  Section& operator=(Section&&) = delete;

private:
  explicit Section(LockedFile coordination) : coordination_(std::move(coordination)) {}
  static Result<Section> take(Guards& guards,
                              const std::string& thread_id,
                              std::chrono::nanoseconds wait_at_most);
  LockedFile coordination_;
};

} // namespace coldpress
