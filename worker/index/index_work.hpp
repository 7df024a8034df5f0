#pragma once

#include "worker/catalog/index.hpp"
#include "worker/catalog/index_reader.hpp"
#include "worker/preflight/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

enum class Look : std::uint8_t {
  all,
  // Directories in which something was made or removed, and all rollouts in plain form.
  // Nothing writes in place into a compressed one: who does so anyway is found by the
  // next look at all.
  changed,
};

// What an update of an index has to do.
struct IndexWork {
  std::vector<IndexJob> jobs; // rollouts that are new or not as they were; no checkpoints
  std::uint64_t removed = 0;  // that the store does not have any more
  std::vector<std::string> problems;
  // For Index::remember_dirs(), once all jobs are done; nothing if it knows them already.
  std::optional<std::vector<IndexedDir>> dirs;
};

// Compares the store with the index. Adds to it what is new, as not read, and removes
// from it what is gone, but nothing while a directory cannot be listed.
Result<IndexWork>
find_index_work(Fs& fs, const Clock& clock, const Store& store, Index& index, Look look);

} // namespace coldpress
