#pragma once

#include "locking/guards.hpp"
#include "worker/stage/inventory.hpp"
#include "worker/stage/outcome.hpp"

namespace coldpress {

struct SweepRules {
  std::string home;      // the store
  std::uint32_t uid = 0; // whose it is: another user's temps are left alone
};

// Removes temp files that no process works on any more: ours whose owner is gone (its
// flock is free), and Codex's as sweep_foreign() has it. One Outcome for each removed
// file, and for each failure; what may hold the only copy of something stays and is added
// to `found.odd`. Needs the store lock; call it before the pass makes temps of its own.
std::vector<Outcome>
sweep_temps(Guards& guards, Inventory& found, const SweepRules& rules);

} // namespace coldpress
