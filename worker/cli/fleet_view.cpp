#include "worker/cli/fleet_view.hpp"

#include "fsutil/text.hpp"
#include "worker/cli/command.hpp"

#include <algorithm>
#include <array>

namespace coldpress {

namespace {

// The worst first: the order of the list of those that need a look.
constexpr std::array k_states{StoreState::needs_attention,
                              StoreState::failed,
                              StoreState::killed,
                              StoreState::usage,
                              StoreState::some_failed,
                              StoreState::running,
                              StoreState::stopped,
                              StoreState::busy,
                              StoreState::done};

std::size_t place_of(StoreState state) {
  return static_cast<std::size_t>(std::find(k_states.begin(), k_states.end(), state) -
                                  k_states.begin());
}

std::string_view words_of(StoreState state) {
  switch (state) {
  case StoreState::needs_attention:
    return "needs attention";
  case StoreState::some_failed:
    return "some failed";
  case StoreState::usage:
    return "bad settings";
  case StoreState::running:
    return "cut off";
  default:
    return name_of(state);
  }
}

} // namespace

int exit_of(const FleetView& view) {
  constexpr int k_by_signal = 128;
  if (view.signal != 0) {
    return k_by_signal + view.signal;
  }
  const int worst = exit_of(view.results);
  return view.incomplete.empty() && view.missing.empty() && view.missing_shards.empty()
             ? worst
             : worst_exit(worst, static_cast<int>(Exit::some_failed));
}

std::vector<const StoreResult*> needing_a_look(const FleetView& view) {
  std::vector<const StoreResult*> found;
  for (const auto& [store, result] : view.results) {
    if (result.state != StoreState::done || !result.attention.empty()) {
      found.push_back(&result);
    }
  }
  std::stable_sort(
      found.begin(), found.end(), [](const StoreResult* a, const StoreResult* b) {
        return place_of(a->state) < place_of(b->state);
      });
  return found;
}

std::string state_text(const StoreResult& result) {
  return std::string(words_of(result.state));
}

std::vector<CountColumn> columns_of(std::string_view command) {
  if (command == "run") {
    return {{"compressed", "Compressed"}, {"failed", "Failed"}};
  }
  if (command == "verify") {
    return {{"ok", "Ok"}, {"damaged", "Damaged"}, {"unreadable", "Unreadable"}};
  }
  if (command == "doctor") {
    return {{"problem", "Problems"}, {"warning", "Warnings"}};
  }
  return {};
}

std::string states_text(const FleetView& view) {
  std::string text;
  for (auto state = k_states.rbegin(); state != k_states.rend(); ++state) {
    if (const std::uint64_t number = number_of(view.results, *state); number > 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", number, words_of(*state));
    }
  }
  if (view.left > 0) {
    text += fmt::format("{}{} not begun", text.empty() ? "" : ", ", view.left);
  }
  return text.empty() ? "none" : text;
}

} // namespace coldpress
