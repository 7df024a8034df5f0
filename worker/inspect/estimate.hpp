#pragma once

#include "worker/stage/choose_frame.hpp"
#include "worker/stage/decision.hpp"

#include <unordered_map>

namespace coldpress {

// How one rollout would be compressed, and what would come out.
struct Forecast {
  FrameChoice choice;
  std::uint64_t bytes_after = 0;
};

// What compressing would make of some rollouts, by samples: see
// predict_size().
struct Estimate {
  std::unordered_map<std::string, Forecast> by_rollout; // Candidate::rollout
  std::uint64_t total_before = 0;
  std::uint64_t total_after = 0;
};

// Over the plain rollouts to compress, as a pass would choose and predict. Reads up to
// 128 MiB of each; in their order, 1 GiB and 1,000 rollouts in all. The rest is taken to
// shrink as those did.
Estimate estimate(Fs& fs,
                  const FrameRules& rules,
                  WallTime now,
                  const std::vector<Decision>& decisions);

} // namespace coldpress
