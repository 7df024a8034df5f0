#pragma once

#include "worker/rollout/frame.hpp"
#include "worker/stage/inventory.hpp"
#include "worker/stage/remembered.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

// Which .zst files of a store have no checksum, so that a flipped bit passes unseen.
struct FrameCensus {
  std::uint64_t looked_into = 0;      // or known to be as we made it
  std::uint64_t without_checksum = 0; // of these
  std::uint64_t were_ours = 0;        // of those: one of ours stood there before
  std::string example;                // a rollout without one; of ours if there is any
  std::uint64_t not_looked_into = 0;  // time was up, or it begins with no readable frame
};

// Opens those that are not as long as what we wrote, for their first bytes; for 10 s at
// most. Changes nothing.
FrameCensus count_frames(Fs& fs,
                         const Clock& clock,
                         const std::vector<CompressedRollout>& frames,
                         const OwnFrames& own);

// What the first frame of a file says of itself: a claim, not a fact. Empty: it cannot be
// read, or is none.
std::optional<FrameInfo> first_frame(Fs& fs, const std::string& path);

} // namespace coldpress
