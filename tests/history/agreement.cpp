#include "tests/history/agreement.hpp"

#include <fmt/format.h>

#include <map>

namespace coldpress::history {

namespace {

using States = std::map<std::uint64_t, Rows::TurnState>;

// What someone who reads only the lifecycle knows of the turns.
States states_told(const std::vector<LifecycleRecord>& records) {
  using Kind = LifecycleRecord::Kind;
  States states;
  for (const LifecycleRecord& record : records) {
    if (record.kind == Kind::rolled_back) {
      for (const std::uint64_t turn : record.removed) {
        states.erase(turn);
      }
    } else if (record.kind != Kind::realtime) {
      Rows::TurnState& state = states[record.turn];
      state.error_line = state.error_line || record.error_line;
      state.status = record.kind == Kind::started     ? Status::in_progress
                     : record.kind == Kind::completed ? Status::completed
                     : record.kind == Kind::failed    ? Status::failed
                                                      : Status::interrupted;
    }
  }
  return states;
}

std::string told(const States& states, std::uint64_t turn) {
  const auto found = states.find(turn);
  return found == states.end() ? "nothing"
                               : fmt::format("{}{}",
                                             name_of(found->second.status),
                                             found->second.error_line ? "!" : "");
}

} // namespace

std::vector<std::string> disagreements(const Rows& rows) {
  States by_turns;
  States by_lifecycle = states_told(rows.lifecycle);
  for (const auto& [number, row] : rows.turns) {
    if (row.listed) {
      by_turns[number] = {row.status, row.error_line};
    }
    if (row.implicit) {
      by_lifecycle.try_emplace(number, Rows::TurnState{Status::completed, false});
    }
  }
  std::vector<std::string> found;
  States all = by_turns;
  all.insert(rows.item_turns.begin(), rows.item_turns.end());
  all.insert(by_lifecycle.begin(), by_lifecycle.end());
  for (const auto& [number, state] : all) {
    const std::string a = told(rows.item_turns, number);
    const std::string b = told(by_turns, number);
    const std::string c = told(by_lifecycle, number);
    if (a != b || b != c) {
      found.push_back(
          fmt::format("turn {}: items say {}, turns {}, lifecycle {}", number, a, b, c));
    }
  }
  for (const auto& [key, row] : rows.items) {
    if (rows.turns.count(key.first) == 0) {
      found.push_back(
          fmt::format("item {} is in turn {}, which is gone", key.second, key.first));
    }
  }
  return found;
}

} // namespace coldpress::history
