#pragma once

#include "worker/stage/types.hpp"

#include <unordered_map>

namespace coldpress {

// What pressing would make of some rollouts, by samples. On the low side of the gain:
// repeats that lie farther apart than a sample is long (images, forked histories) are
// not seen.
struct Estimate {
  std::unordered_map<std::string, std::uint64_t> bytes_after; // by Candidate::rollout
  std::uint64_t total_before = 0;
  std::uint64_t total_after = 0;
};

// Over the decisions to press. Reads up to 1 MiB of each rollout, in their order, 64 MiB
// and 1,000 rollouts in all; the rest is taken to shrink as those did.
Estimate estimate(Fs& fs, const std::vector<Decision>& decisions);

} // namespace coldpress
