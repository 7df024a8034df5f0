#pragma once

#include "fsutil/clock.hpp"
#include "worker/catalog/index_feed.hpp"
#include "worker/catalog/index_rows.hpp"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace coldpress {

// What one rollout's file has to say to the index.
struct IndexJob {
  FoundRollout found;
  IndexedRollout known;       // what the index has of it; only its id for a new one
  IndexCheckpoint checkpoint; // of that
};

struct IndexReadRules {
  std::string home;
  std::stop_token stop{};
  std::function<void(std::uint64_t bytes)> progress{}; // decoded bytes
};

// How a reading has ended, when it did not fail.
enum class IndexRead : std::uint8_t {
  same,    // its decoded bytes are those the index knows
  taken,   // lines were handed on
  stopped, // rules.stop was asked for; what was handed on counts
};

// True if nothing has to be read: the file is as it was when it was read before.
bool is_as_indexed(const FoundRollout& found, const IndexedRollout& known);

// Reads what the index does not have of a rollout and hands it on, batch by batch. It
// begins where the last reading ended, if what stood before is the same: told by digests,
// of the last chunk where the same plain file has grown, else of all of it. Anything else
// is read again from its first byte. Holds a line, and a batch of some megabytes.
//
// A change of form or place with the mtime and decoded length that are known is `same`
// without a look at the bytes. A last line without an end is left for the next time.
//
// Errors as LineReader's, and those of `put`. What was put before the error counts.
Result<IndexRead> read_for_index(Fs& fs,
                                 const Clock& clock,
                                 const IndexJob& job,
                                 const IndexReadRules& rules,
                                 const std::function<Result<void>(IndexBatch)>& put);

// The same, and what goes on from there: nothing if the index had all of it, or if the
// last line has no end.
Result<std::optional<IndexFeed>>
feed_for_index(Fs& fs,
               const Clock& clock,
               const IndexJob& job,
               const IndexReadRules& rules,
               const std::function<Result<void>(IndexBatch)>& put);

// Whether the rollout still begins with the bytes that are indexed. Decodes all of them.
Result<bool> holds_indexed_bytes(Fs& fs,
                                 const Clock& clock,
                                 const std::string& path,
                                 const IndexedRollout& known,
                                 const IndexCheckpoint& checkpoint);

} // namespace coldpress
