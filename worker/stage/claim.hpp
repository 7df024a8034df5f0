#pragma once

#include "locking/guards.hpp"
#include "worker/stage/candidate.hpp"
#include "worker/stage/step.hpp"
#include "worker/stage/tokens.hpp"

namespace coldpress {

struct ClaimRules {
  std::chrono::milliseconds cold_after{};
  std::chrono::milliseconds settle{};
  std::uint32_t uid = 0;
  bool active_without_lease = false;
  std::string home; // the store: the other tree may have the same rollout
};

// Opens a candidate's file and makes sure that it is still what the scan saw, that
// its first record says what the plan went by, that it is the only form of its rollout in
// both trees, and that no process is at work on it: no Codex
// maintenance, no live writer of the thread, no process with the file open for writing.
// Takes no lock that outlives the call. Stops with the reason otherwise. Changes nothing
// but atime where the kernel insists.
Step<Claim> claim(Guards& guards, const Candidate& candidate, const ClaimRules& rules);

} // namespace coldpress
