#include "worker/catalog/index_feed.hpp"

#include <utility>

namespace coldpress {

namespace {

constexpr std::uint64_t k_batch_text = std::uint64_t{4} << 20U;

} // namespace

IndexFeed::IndexFeed(std::int64_t id)
    : id_(id), history_(history::ErrorLines::counted), restart_(true) {}

IndexFeed::IndexFeed(std::int64_t id, history::History history, Digests digests)
    : id_(id), history_(std::move(history)), digests_(std::move(digests)) {}

void IndexFeed::feed(std::string_view line) {
  if (history_.offset() == 0) {
    head_ = parse_head(line);
  }
  history_.feed(line);
  digests_.feed(line);
  digests_.feed("\n");
}

bool IndexFeed::due() const {
  return history_.waiting_bytes() >= k_batch_text;
}

IndexBatch IndexFeed::take(std::uint64_t unread) {
  IndexBatch batch;
  batch.id = id_;
  batch.restart = std::exchange(restart_, false);
  batch.changes = history_.take_changes();
  batch.head = std::exchange(head_, std::nullopt);
  batch.thread = history_.thread();
  batch.counts = history_.counts();
  batch.offset = history_.offset();
  batch.line = history_.line();
  batch.unread = unread;
  batch.checkpoint = {history_.checkpoint(), digests_.bytes()};
  return batch;
}

} // namespace coldpress
