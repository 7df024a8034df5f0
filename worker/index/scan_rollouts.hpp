#pragma once

#include "worker/catalog/index_rows.hpp"
#include "worker/preflight/store.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace coldpress {

// A line of a rollout's decoded bytes that holds what was looked for.
struct ScanHit {
  std::string rollout;      // logical path below the store
  std::uint64_t line = 0;   // from 1
  std::uint64_t offset = 0; // of the line's first byte
  std::string
      snippet; // what stands around the first one, which is marked as in SearchHit
};

struct ScanRequest {
  std::string pattern; // bytes, as they stand in the rollout; no line break
  std::vector<FoundRollout> rollouts;
  std::size_t threads = 2;
  std::uint64_t limit = 0; // hits; 0: all
};

struct ScanReport {
  std::uint64_t hits = 0;
  bool more = false; // it ended at the limit
  std::uint64_t bytes = 0;
  std::vector<std::string> problems;
};

// Looks through the decoded bytes of the rollouts, several at a time; a hit for each
// line. `hit` gets them in the order of the rollouts, on the calling thread. Of each
// rollout at most `limit` hits are held, and beside them a buffer and the decoder's
// window a thread.
Result<ScanReport> scan_rollouts(Fs& fs,
                                 const Clock& clock,
                                 const Store& store,
                                 const ScanRequest& request,
                                 const std::function<void(const ScanHit&)>& hit);

} // namespace coldpress
