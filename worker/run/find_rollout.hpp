#pragma once

#include "worker/run/store.hpp"

#include <string>
#include <vector>

namespace coldpress {

// The rollouts a person may mean: a path of either form, a file name of either form, or
// a thread or rollout id. Absolute paths of the plain form, which need not exist as
// such: the .zst may stand in its place. `store` may be null if `text` is a path.
// Errc::not_found if there is none; the context says "not saved yet" of a thread that
// Codex knows and has not written a rollout for.
Result<std::vector<std::string>>
find_rollouts(Fs& fs, const Store* store, const std::string& text);

// All that are compressed, in the order of their paths.
std::vector<std::string> all_compressed(Fs& fs, const Store& store);

} // namespace coldpress
