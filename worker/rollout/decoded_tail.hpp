#pragma once

#include "worker/rollout/reader.hpp"

#include <cstdint>
#include <deque>
#include <vector>

namespace coldpress {

// The end of what was read of a rollout, and what was counted on the way there.
struct DecodedTail {
  std::deque<std::vector<std::byte>> pieces; // in order, none empty
  std::uint64_t end = 0;                     // offset behind the last piece
  std::uint64_t newlines = 0;                // from the beginning of the rollout
  bool ends_in_newline = false;

  std::uint64_t lines() const { return newlines + (end > 0 && !ends_in_newline ? 1 : 0); }
};

// What of a compressed rollout is held in memory to read it from behind: a longer way
// back costs another decoding.
inline constexpr std::uint64_t k_tail_window = std::uint64_t{32} << 20U;

// Reads `reader` on to offset `until` or to its end, and keeps the last `keep` bytes and
// up to 256 KiB more: whatever `keep` is, the last piece is there.
Result<DecodedTail>
read_tail(RolloutReader& reader, std::uint64_t until, std::uint64_t keep);

} // namespace coldpress
