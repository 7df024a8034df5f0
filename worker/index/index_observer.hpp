#pragma once

#include "worker/catalog/index.hpp"
#include "worker/catalog/index_reader.hpp"
#include "worker/preflight/store.hpp"
#include "worker/rollout/appended_lines.hpp"

#include <optional>
#include <string>

namespace coldpress {

// Keeps the index of a store current with what a RolloutWriter appends to one rollout:
// its observer. Each batch of lines goes into the index with the rows that it changes and
// the cursor behind it, in one transaction, so that the index lags or equals the file,
// never leads. The indexer makes the same rows afterwards: whatever is not taken here,
// because another process writes the index or something fails, is left to it.
class IndexObserver {
public:
  IndexObserver(Fs& fs, const Clock& clock, const Store& store)
      : fs_(fs), clock_(clock), store_(store) {}

  // For WriterOptions::appended, of the rollout at `path` (its plain name): these lines
  // are in its file. True if they are in the index now; false where there is none, or one
  // that another process writes.
  Result<bool> see(const std::string& path, const AppendedLines& lines);

private:
  Result<void> follow(Index& index, const AppendedLines& lines);
  Result<void> catch_up(Index& index, const IndexedRollout* known);

  Fs& fs_;
  const Clock& clock_;
  const Store& store_;
  FoundRollout found_;
  std::optional<IndexFeed> feed_; // behind the last line that was seen
};

} // namespace coldpress
