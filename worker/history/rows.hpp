#pragma once

#include "worker/history/changes.hpp"
#include "worker/history/history.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace coldpress::history {

// The rows in memory: what a table of each observer's changes would hold.
struct Rows {
  struct ItemRow {
    std::uint64_t rank = 0; // the order of their first records
    Item item;
    Place first;
    Place last;
    friend bool operator==(const ItemRow&, const ItemRow&) = default;
  };
  struct TurnState {
    Status status = Status::in_progress;
    bool error_line = false;
    friend bool operator==(const TurnState&, const TurnState&) = default;
  };

  std::map<std::pair<std::uint64_t, std::string>, ItemRow> items;
  std::map<std::uint64_t, TurnState> item_turns; // as the ThreadItem observer has them
  std::map<std::uint64_t, TurnRow> turns;
  std::vector<LifecycleRecord> lifecycle;
  std::uint64_t next_rank = 0;

  void apply(Changes changes);
  friend bool operator==(const Rows&, const Rows&) = default;
};

// One turn as it is shown while its thread is not running.
struct TurnView {
  const TurnRow* row = nullptr;
  Status status = Status::interrupted; // also of a turn that never ended
  std::vector<const Rows::ItemRow*> items;
  // The first user message and the agent's answer; empty if there is none. Commentary is
  // no answer.
  std::string first_user;
  std::string answer;
};

// The turns in the order Codex lists them. Points into `rows`.
std::vector<TurnView> view_of(const Rows& rows, Mode mode);

} // namespace coldpress::history
