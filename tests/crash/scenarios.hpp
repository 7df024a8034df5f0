#pragma once

#include "tests/crash/crash_rig.hpp"

namespace coldpress {

// What a file system may lack, each with a name.
struct Kind {
  std::string name;
  MemFeatures features;
};
Kind full_kind(); // as btrfs: an unnamed file is not durable before it has a name
Kind syncing_kind();
Kind named_kind();
Kind linking_kind(); // link and unlink for every rename
Kind poor_kind();
std::vector<Kind> all_kinds();

// A cold rollout is compressed and its retired form reaped.
Scenario compress_scenario(const Kind& kind);
Scenario reap_scenario(const Kind& kind);
Scenario restore_scenario(const Kind& kind);
// A weak frame is recompressed.
Scenario recompress_scenario(const Kind& kind);
// Every leftover of DESIGN section 5, and what the pass makes of it.
std::vector<Scenario> leftover_scenarios(const Kind& kind);

} // namespace coldpress
