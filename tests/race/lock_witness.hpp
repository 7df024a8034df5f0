#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>

namespace coldpress::race {

// Knows who holds a lock, and whether somebody acted whose lock was another's by then.
// Made to be put into memory that processes share; each of them may be stopped between
// any two of its steps, for as long as it takes others to come and go.
class LockWitness {
public:
  // Which acquisition this is; the highest is the holder's.
  using Tenure = std::uint64_t;

  // To be called by who has just got the lock. `between` is called where a process may
  // be stopped halfway.
  Tenure enter(pid_t self, std::uint64_t now_ns, const std::function<void()>& between);
  // Before the lock is released.
  void leave(pid_t self) { forget(self); }
  // The lock was taken from him: the next to come is no second holder.
  void forget(pid_t holder);

  // An act of that tenure, let through by a check that began at `asked_at_ns`. What
  // counts is the order in time: a check that began before the next one came is right.
  void acted(Tenure tenure, std::uint64_t asked_at_ns);

  // 0: nobody. Who stands here has told all the rest.
  pid_t holder() const { return holder_; }
  std::uint64_t acquired() const { return acquired_; }
  std::uint64_t acts() const { return acts_; }
  std::uint64_t double_holders() const { return double_holders_; }
  std::uint64_t late_acts() const { return late_acts_; }

private:
  std::atomic<std::uint64_t> acquired_at_ns_{0};
  std::atomic<std::uint64_t> acquired_{0}; // how often
  std::atomic<pid_t> holder_{0};
  std::atomic<std::uint64_t> acts_{0};
  std::atomic<std::uint64_t> double_holders_{0};
  std::atomic<std::uint64_t> late_acts_{0};
};

} // namespace coldpress::race
