#pragma once

#include "tests/kill/kill_case.hpp"
#include "tests/kill/row.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace coldpress {

struct DiskKind {
  std::string type; // of the file system
  std::uint64_t bytes = 0;
};

// At how many places of a log the power is cut, and at each how often with a chance
// choice of what came after the last flush. Of `again` of these places the pass after it
// is cut, too, at `places_again` of its own.
struct CutDepth {
  std::size_t places = 0;
  int chances = 1;
  std::size_t again = 0;
  std::size_t places_again = 0;
  std::uint64_t seed = 0;
};

// What the machine is doing when its power fails.
struct CutCase {
  KillCase what;
  int reopeners = 0;       // writers on rollouts that may be compressed
  bool in_control = false; // must be seen to lose rollouts when syncs do nothing
};

// Compress, restore, reap, sweep, and compress beside writers.
std::vector<CutCase> all_cut_cases();

// Runs the case on a file system on a logged disk, beside writers who sync each line, and
// cuts the power: the file system is made as the log has it, mounted, and then as
// check_aftermath(). Nothing that was synced may be lost. Works in `dir`, which must be
// empty, and in a mount namespace of our own. False, with the reason in `why_not`, where
// this machine cannot do it.
bool cut_everywhere(const CutCase& what,
                    const DiskKind& disk,
                    const std::string& dir,
                    const std::string& program,
                    const CutDepth& depth,
                    Row& row,
                    std::string& why_not);

} // namespace coldpress
