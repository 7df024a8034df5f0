#pragma once

#include "worker/history/events.hpp"
#include "worker/history/values.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coldpress::history {

// What one record does to the history, decided once by the reducer of its mode. The three
// observers are told the same steps; each writes down its own view of them.
struct Step {
  enum class Kind : std::uint8_t {
    opened,   // a turn begins
    renewed,  // its start time is replaced
    failed,   // an `error` line: the turn has failed, and stays open
    ended,    // by a record; maybe not for the first time
    removed,  // turns and their items are gone
    item,     // one was added or replaced
    tokens,   // the thread's count so far
    realtime, // only the lifecycle tells of it
  };
  Kind kind = Kind::opened;
  Event cause = Event::unreadable;
  Place at;
  std::uint64_t turn = 0; // its number in this history, never used twice
  std::string turn_id;
  bool implicit = false;               // opened: no record of it says so
  Status status = Status::in_progress; // after this step
  std::optional<TurnError> error;      // failed, ended
  std::optional<std::int64_t> started_at;
  std::optional<std::int64_t> completed_at;
  std::optional<std::int64_t> duration_ms;
  bool replaces_start = false; // ended: started_at counts even where it is nothing
  Item item;
  bool new_item = false; // else it replaces one of that id
  std::vector<std::uint64_t> removed;
  std::vector<std::string> removed_ids;
  std::uint64_t tokens = 0;
};

} // namespace coldpress::history
