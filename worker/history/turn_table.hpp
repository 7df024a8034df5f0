#pragma once

#include "worker/history/blob.hpp"
#include "worker/history/step.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace coldpress::history {

// What a reducer must remember from line to line: which turns there are, which one is
// open, and the ids of their items. No text but that of the one item that can grow.
class TurnTable {
public:
  struct Turn {
    std::uint64_t number = 0;
    std::string id;
    Status status = Status::in_progress;
    bool started = false;    // by a record of its own: not implicit
    bool listed = true;      // false: only items have named it so far
    bool ended = false;      // an end was seen
    bool compaction = false; // a `compacted` record is in it
    std::unordered_set<std::string> items;
  };

  // Legacy: the open turn is the last one. Null if none is open.
  Turn* open();
  // Paginated and late records: the first turn of that id. Null if there is none.
  Turn* find(const std::string& id);
  Turn& add(std::string id);
  // Legacy: closes the open turn. One without a start, items and compaction was none.
  void close();
  // Legacy: the last `count` turns, after which the ids of made-up items go on behind
  // those that are left.
  std::vector<Turn> take_last(std::uint64_t count);

  // "item-7": Codex counts through the whole thread.
  std::string next_item_id();
  // Whether the item is new in its turn.
  bool remember_item(Turn& turn, const std::string& id);

  // Of the last item of the open turn, if it is reasoning and may grow. Legacy.
  std::optional<Item> growing;
  bool is_open = false;
  std::optional<std::uint64_t> last_ordinal;

  void write(BlobWriter& to) const;
  static std::optional<TurnTable> read(BlobReader& from);

private:
  void index(std::size_t at);

  std::vector<Turn> turns_;
  std::unordered_map<std::string, std::size_t> by_id_;
  std::uint64_t next_number_ = 1;
  std::uint64_t next_item_ = 1;
  std::uint64_t items_ = 0;
};

} // namespace coldpress::history
