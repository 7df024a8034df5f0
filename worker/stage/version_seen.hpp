#pragma once

#include "config/settings.hpp"
#include "fsutil/clock.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace coldpress {

// A Codex release counts as being in use for this long after it was seen.
inline constexpr std::chrono::days k_version_memory{30};
// From this release on a fork reads its compressed parent (PR 41357, PR 42039).
inline constexpr Version k_shares_compressed{0, 154, 0};

// A Codex release that was at work in the store, and what shows it.
struct VersionSeen {
  enum class By : std::uint8_t {
    record,  // which names its writer
    turn,    // of this release or of another of those that write such turns
    unknown, // turns whose writer cannot be told: taken for the oldest
  };
  Version version;
  std::string rollout;
  WallTime when{};
  By by = By::record;
  Version
      before{}; // of a turn: its writer is older than this; 0: it may be any later one
};

// "0.135", "0.135 or another before 0.136": as far as the version is known.
std::string to_string(const VersionSeen& seen);

} // namespace coldpress
