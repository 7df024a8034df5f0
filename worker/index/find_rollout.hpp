#pragma once

#include "worker/preflight/store.hpp"
#include "worker/rollout/find.hpp"

#include <string>
#include <vector>

namespace coldpress {

// find_in_home() of a store, with Codex's databases to ask. `store` may be null if `text`
// is a path.
Result<std::vector<std::string>>
find_rollouts(Fs& fs, const Store* store, const std::string& text);

// All that are compressed.
Listed all_compressed(Fs& fs, const Store& store);

} // namespace coldpress
