#pragma once

#include "fsutil/clock.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>

namespace coldpress {

// What the last reading of a .zst from its first byte to its last has found.
struct Verification {
  std::string rollout; // logical path relative to the store
  WallTime at{};       // when; the epoch: not known
  bool ok = true;      // false: it was damaged
  // Which file that was; of the same length and mtime it is the same.
  std::uint64_t frame_bytes = 0;
  WallTime frame_mtime{};
  // The plain bytes, of the last reading that was good. Empty hash: there was none.
  std::uint64_t plain_bytes = 0;
  std::string hash;
  std::string detail; // what was wrong; of good bytes: what of them Codex does not read
};

// By rollout.
using Verifications = std::unordered_map<std::string, Verification>;

} // namespace coldpress
