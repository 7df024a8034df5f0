#pragma once

#include "worker/catalog/index_rows.hpp"
#include "worker/preflight/store.hpp"

#include <string>
#include <vector>

namespace coldpress {

class KnownDirs;

// The rollouts of a store, each in the form that readers take.
struct StoreFiles {
  std::vector<FoundRollout> rollouts; // by name
  std::vector<std::string> problems;
  bool complete = true; // false: some directories could not be listed
  bool twins = false;   // some rollout stands in two directories
};

// All of them; with `dirs` only those in directories that it does not know as unchanged.
StoreFiles files_of(Fs& fs, const Store& store, KnownDirs* dirs = nullptr);

} // namespace coldpress
