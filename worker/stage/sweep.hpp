#pragma once

#include "locking/guards.hpp"
#include "worker/stage/types.hpp"

namespace coldpress {

// A foreign temp file younger than this is never looked at.
inline constexpr std::chrono::hours k_foreign_temp_age{24};

// Removes temp files nobody works on any more: ours whose owner is gone (its flock is
// free), and Codex's only if they are older than a day by mtime and ctime and a lease
// proves that no process has them open. One Outcome for each removed file, and for each
// failure. Needs the store lock; call it before the pass makes temps of its own.
std::vector<Outcome> sweep_temps(Guards& guards, const Inventory& found);

} // namespace coldpress
