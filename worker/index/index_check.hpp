#pragma once

#include "worker/index/index_update.hpp"

#include <string>
#include <utility>
#include <vector>

namespace coldpress {

// What an index has, and how far behind its store it is.
struct IndexStatus {
  std::uint64_t bytes = 0; // of its files
  std::uint64_t rollouts = 0;
  std::uint64_t plain_bytes = 0;
  std::uint64_t behind = 0; // rollouts that are new, or not as they were read
  std::uint64_t gone = 0;   // that the store does not have any more
  std::vector<std::pair<std::string, std::string>> problems; // rollout, why
};

// Walks over the store, and opens no rollout.
Result<IndexStatus> index_status(Fs& fs, const Store& store, const Index& index);

// Decodes each rollout as far as it is indexed; a line for each whose bytes are others,
// though its file looks as it did, and for each that cannot be read.
Result<std::vector<std::string>>
verify_index(Fs& fs, const Clock& clock, const Store& store, const Index& index);

} // namespace coldpress
