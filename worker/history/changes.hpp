#pragma once

#include "worker/history/values.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coldpress::history {

// What the three observers hand on, for the keeper of the rows. To be applied in order;
// items are keyed by (turn, item id), turns by their number.

// Of the ThreadItem observer.
struct ItemChange {
  enum class Kind : std::uint8_t {
    upsert,    // a new item, or newer content at the older place
    state,     // how the turn is now: what is read of the items alone knows it, too
    tombstone, // the turn is gone with all its items
  };
  Kind kind = Kind::upsert;
  std::uint64_t turn = 0;
  std::string turn_id;
  Item item;
  Place at;
  Status status = Status::in_progress; // state
  bool error_line = false;             // state: an `error` line failed it
};

// Of the TurnSummary observer.
struct TurnRow {
  std::uint64_t number = 0; // in the order they began; never used twice
  std::string id;
  bool implicit = false; // no record began it
  bool listed = true;    // false: only items have named it
  Status status = Status::in_progress;
  std::optional<TurnError> error;
  bool error_line = false;
  std::optional<std::int64_t> started_at;
  std::optional<std::int64_t> completed_at;
  std::optional<std::int64_t> duration_ms;
  Place first;               // the record that began it
  std::optional<Place> last; // the record that ended it, the last one of several
  std::uint64_t items = 0;
  std::uint64_t user_messages = 0;
  std::uint64_t agent_messages = 0;
  std::uint64_t tokens = 0; // what the thread's count grew by while it was the last one
  std::string first_user;   // item ids; empty if there is none
  std::string last_answer;  // of the last message with phase final_answer
  std::string last_plain;   // of the last message without a phase
  friend bool operator==(const TurnRow&, const TurnRow&) = default;
};
struct TurnChange {
  bool gone = false;
  TurnRow row; // of one that is gone only the number
};

// Of the Lifecycle observer: only what records say. A turn that no record began, or that
// no record ended, has no `started`, or no end, here.
struct LifecycleRecord {
  enum class Kind : std::uint8_t {
    started,
    completed,
    failed,
    aborted,
    rolled_back,
    realtime,
  };
  Kind kind = Kind::started;
  bool error_line = false; // failed: by an `error` line; its end may follow
  Place at;
  std::uint64_t turn = 0;
  std::string turn_id;
  std::vector<std::uint64_t> removed; // rolled_back
  std::vector<std::string> removed_ids;
  friend bool operator==(const LifecycleRecord&, const LifecycleRecord&) = default;
};

struct Changes {
  std::vector<ItemChange> items;
  std::vector<TurnChange> turns;
  std::vector<LifecycleRecord> lifecycle;
};

std::string_view name_of(LifecycleRecord::Kind kind);

} // namespace coldpress::history
