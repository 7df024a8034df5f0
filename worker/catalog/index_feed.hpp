#pragma once

#include "worker/catalog/digests.hpp"
#include "worker/catalog/index_rows.hpp"

#include <optional>
#include <string_view>

namespace coldpress {

// What the lines of one rollout change in the index, in batches of rows and cursor: fed
// by who reads the file, or by who appends to it.
class IndexFeed {
public:
  // From the first byte: what the index has of the rollout goes with the first batch.
  explicit IndexFeed(std::int64_t id);
  // Goes on where they end: both at the same byte.
  IndexFeed(std::int64_t id, history::History history, Digests digests);

  // The next line, whole, without its newline.
  void feed(std::string_view line);
  // The byte after the last line that was fed.
  std::uint64_t offset() const { return history_.offset(); }
  // A batch should be taken now: it holds some megabytes of text.
  bool due() const;
  // What was fed since the last one. `unread`: bytes of a last line that has no end.
  IndexBatch take(std::uint64_t unread);

private:
  std::int64_t id_;
  history::History history_;
  Digests digests_;
  std::optional<RolloutHead> head_;
  bool restart_ = false;
};

} // namespace coldpress
