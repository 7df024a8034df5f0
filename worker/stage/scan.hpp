#pragma once

#include "worker/stage/inventory.hpp"
#include "worker/stage/remembered.hpp"

#include <functional>

namespace coldpress {

struct ScanRules {
  WallTime now{};
  SharedHistory shared_history = SharedHistory::automatic;
  bool weak_frames = false; // look for .zst that may be recompressed
  // Look for those that were ours, too, whether or not the others are wanted.
  const OwnFrames* own = nullptr;
  bool list_compressed = false; // name every .zst in the inventory
  // Asked before each first record of a .zst that nothing else needs and nobody knows
  // yet; false: no more of them. Empty: none.
  std::function<bool()> read_more{};
};

// Walks sessions/ and archived_sessions/ of the store at `home` once. Opens a plain
// rollout for its first record unless `known` has it; of the compressed ones only those
// that the version guard needs, or each of them to find weak frames. What cannot be read
// is in the inventory with the reason; nothing is changed.
//
// A file is known as long as its path, device, inode, length, mtime and ctime are the
// same. A file touched within the last seconds is not remembered: it could change again
// without another ctime.
//
// A release counts as seen at the time of what it wrote (see VersionsSeen). Of a plain
// rollout whose mtime or ctime is within the days that count the turns are read, too,
// from the end; a file that is known is not opened for them.
Inventory scan(Fs& fs,
               const std::string& home,
               const ScanRules& rules,
               const HeadMemory& known = {});

} // namespace coldpress
