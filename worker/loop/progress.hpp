#pragma once

#include <cstdint>
#include <string>

namespace coldpress {

// How far a run is. For people: nothing is decided by it.
struct Progress {
  std::uint64_t files_done = 0;
  std::uint64_t files_total = 0;
  std::uint64_t bytes_done = 0; // of plain bytes, those of files under way included
  std::uint64_t bytes_total = 0;
  std::string current;               // a rollout under way, may be empty
  std::uint64_t waiting_files = 0;   // plain files whose grace the pass waits for
  std::uint64_t waiting_seconds = 0; // until the last of them may be removed
  bool throttled = false;            // it waits for the machine
};

} // namespace coldpress
