#pragma once

#include "worker/history/blob.hpp"
#include "worker/history/changes.hpp"
#include "worker/history/step.hpp"

#include <map>
#include <set>
#include <utility>
#include <vector>

namespace coldpress::history {

// The three views of one stream of steps. Each may be used without the others.

class ItemObserver {
public:
  void see(const Step& step);
  std::vector<ItemChange> take() {
    waiting_bytes_ = 0;
    return std::exchange(changes_, {});
  }
  // Of the texts in the changes that wait to be taken.
  std::size_t waiting_bytes() const { return waiting_bytes_; }

private:
  ItemChange& change(ItemChange::Kind kind, const Step& step);
  std::vector<ItemChange> changes_;
  std::size_t waiting_bytes_ = 0;
};

class TurnObserver {
public:
  void see(const Step& step);
  // Each turn that changed since the last call, once, by number.
  std::vector<TurnChange> take();

  // All turns' rows are part of a checkpoint: any of them may still change.
  void write(BlobWriter& to) const;
  void read(BlobReader& from);
  // A new rollout of the same history begins: its token counts start again.
  void begin_rollout() { tokens_ = 0; }

private:
  void end(TurnRow& row, const Step& step);
  void add_item(TurnRow& row, const Step& step);
  void add_tokens(std::uint64_t total);

  std::map<std::uint64_t, TurnRow> rows_;
  std::set<std::uint64_t> changed_;
  std::uint64_t tokens_ = 0;
};

class LifecycleObserver {
public:
  void see(const Step& step);
  std::vector<LifecycleRecord> take() { return std::exchange(records_, {}); }

private:
  std::vector<LifecycleRecord> records_;
};

} // namespace coldpress::history
