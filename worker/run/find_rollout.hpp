#pragma once

#include "worker/rollout/tree_walk.hpp"
#include "worker/run/store.hpp"

#include <string>
#include <vector>

namespace coldpress {

// The rollouts a person may mean: a path of either form, a file name of either form, or
// a thread or rollout id. Absolute paths of the plain form, which need not exist as
// such: the .zst may stand in its place. `store` may be null if `text` is a path.
// Errc::not_found if there is none; the context says "not saved yet" of a thread that
// Codex knows and has not written a rollout for, and what could not be looked into.
// Errc::unsupported: it is a symlink, or something else that is not handled.
Result<std::vector<std::string>>
find_rollouts(Fs& fs, const Store* store, const std::string& text);

// Rollouts, and what was in the way of finding more.
struct Listed {
  std::vector<std::string> plain_paths; // absolute, sorted
  std::vector<OddEntry> odd;
  std::vector<Error> errors; // directories that could not be listed
};

// All that are compressed.
Listed all_compressed(Fs& fs, const Store& store);

} // namespace coldpress
