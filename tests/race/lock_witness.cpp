#include "tests/race/lock_witness.hpp"

namespace coldpress::race {

// The referee stops whom he finds in the holder's place, and may then take the lock from
// him. So that place comes last: a tenure that is counted after the next one's would make
// the true holder look late. And the time before the count, by which the time is read.
LockWitness::Tenure LockWitness::enter(pid_t self,
                                       std::uint64_t now_ns,
                                       const std::function<void()>& between) {
  acquired_at_ns_ = now_ns;
  between();
  const Tenure tenure = acquired_.fetch_add(1) + 1;
  between();
  pid_t nobody = 0;
  if (!holder_.compare_exchange_strong(nobody, self)) {
    double_holders_ += 1;
    holder_ = self;
  }
  return tenure;
}

void LockWitness::forget(pid_t holder) {
  (void)holder_.compare_exchange_strong(holder, 0);
}

void LockWitness::acted(Tenure tenure, std::uint64_t asked_at_ns) {
  acts_ += 1;
  if (acquired_ != tenure && asked_at_ns > acquired_at_ns_) {
    late_acts_ += 1;
  }
}

} // namespace coldpress::race
