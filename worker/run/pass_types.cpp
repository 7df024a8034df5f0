#include "worker/run/pass_types.hpp"

#include "fsutil/capped.hpp"

#include <algorithm>

namespace coldpress {

namespace {

// Trying again later may be all it takes.
bool passes_by_itself(Reason reason) {
  switch (reason) {
  case Reason::live_writer:
  case Reason::open_for_writing:
  case Reason::maintenance:
  case Reason::foreign_marker:
  case Reason::changed:
    return true;
  default:
    return false;
  }
}

} // namespace

void PassSummary::count(const Outcome& outcome) {
  outcomes[outcome.kind] += 1;
  damaged += outcome.error && outcome.error->code == Errc::corrupt ? 1 : 0;
  blocked_max_us = std::max(blocked_max_us, outcome.blocked_us);
  if (outcome.kind == OutcomeKind::compressed) {
    add_capped(bytes_before, outcome.bytes_before);
    add_capped(bytes_after, outcome.bytes_after);
  }
  if (outcome.kind == OutcomeKind::recompressed) {
    add_capped(recompressed_before, outcome.bytes_before);
    add_capped(recompressed_after, outcome.bytes_after);
  }
  if (outcome.kind == OutcomeKind::skipped && outcome.reason) {
    skipped[*outcome.reason] += 1;
  }
}

std::uint64_t PassSummary::number(OutcomeKind kind) const {
  const auto found = outcomes.find(kind);
  return found == outcomes.end() ? 0 : found->second;
}

bool PassSummary::ran_through() const {
  return signal == 0 && !error && !deferred &&
         number(OutcomeKind::failed) + scan_errors == 0;
}

int PassSummary::exit_code() const {
  constexpr int k_fatal = 1;
  constexpr int k_some_failed = 3;
  constexpr int k_needs_a_person = 4;
  constexpr int k_deferred = 75;
  constexpr int k_signal = 128;
  if (signal != 0) {
    return k_signal + signal;
  }
  if (error) {
    return error->code == Errc::busy || error->code == Errc::lost_lock ? k_deferred
                                                                       : k_fatal;
  }
  if (deferred) {
    return k_deferred;
  }
  if (number(OutcomeKind::conflict) + number(OutcomeKind::orphaned) + damaged > 0) {
    return k_needs_a_person;
  }
  // A rollout that may not be read is no choice of ours to leave it.
  if (number(OutcomeKind::failed) + scan_errors > 0 ||
      skipped.count(Reason::unreadable) > 0) {
    return k_some_failed;
  }
  if (!requested || skipped.empty()) {
    return 0;
  }
  return std::all_of(skipped.begin(),
                     skipped.end(),
                     [](const auto& left) { return passes_by_itself(left.first); })
             ? k_deferred
             : k_some_failed;
}

} // namespace coldpress
