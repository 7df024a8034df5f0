#include "worker/cli/fleet/view.hpp"

#include "fsutil/capped.hpp"
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

// What a command counts, with the heading of its column.
struct CountColumn {
  std::string_view key; // of StoreResult::counts
  std::string_view heading;
};

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

// A column that is there if any store has a value for it.
struct SizeColumn {
  std::string_view heading;
  std::optional<std::uint64_t> StoreResult::*field;
  bool is_bytes;
};

constexpr SizeColumn k_sizes[]{
    {"Rollouts", &StoreResult::rollouts, false},
    {"On disk", &StoreResult::bytes, true},
    {"Saved", &StoreResult::saved_bytes, true},
    {"Would free", &StoreResult::would_free, true},
};

std::string cell(const std::optional<std::uint64_t>& value, bool is_bytes) {
  return !value ? "-" : is_bytes ? format_size(*value) : format_count(*value);
}

std::optional<std::uint64_t> count_of(const StoreResult& result, std::string_view key) {
  const auto found = result.counts.find(std::string(key));
  // A summary leaves out what is none; of a store without one nothing is known.
  return found != result.counts.end()                ? std::optional(found->second)
         : result.counts.empty() && result.exit != 0 ? std::nullopt
                                                     : std::optional<std::uint64_t>(0);
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

std::vector<FleetConcern> concerns_of(const FleetView& view) {
  std::vector<const StoreResult*> results;
  for (const auto& [store, result] : view.results) {
    if (result.state != StoreState::done || !result.attention.empty()) {
      results.push_back(&result);
    }
  }
  std::stable_sort(
      results.begin(), results.end(), [](const StoreResult* a, const StoreResult* b) {
        return place_of(a->state) < place_of(b->state);
      });
  std::vector<FleetConcern> concerns;
  for (const StoreResult* result : results) {
    FleetConcern& one = concerns.emplace_back();
    one.where = result->store;
    one.how = words_of(result->state);
    one.what = result->attention;
    if (result->attention_left > 0) {
      one.what.push_back(fmt::format("and {} more", result->attention_left));
    }
  }
  for (const std::string& store : view.missing) {
    concerns.push_back({store, "missing", {"it is in the list, and in no file"}});
  }
  for (const std::string& file : view.incomplete) {
    concerns.push_back({file, "no end", {"its shard was stopped, or is still running"}});
  }
  for (const std::uint64_t shard : view.missing_shards) {
    concerns.push_back(
        {fmt::format("shard {}", shard), "missing", {"no file has its end"}});
  }
  return concerns;
}

FleetTable table_of(const FleetView& view) {
  const auto counts = columns_of(view.command);
  FleetTable table;
  table.head = {"Store", "Result"};
  for (const CountColumn& column : counts) {
    table.head.emplace_back(column.heading);
  }
  std::vector<const SizeColumn*> sizes;
  for (const SizeColumn& column : k_sizes) {
    if (sum_of(view.results, column.field)) {
      sizes.push_back(&column);
      table.head.emplace_back(column.heading);
    }
  }
  std::vector<std::uint64_t> sums(counts.size());
  for (const auto& [store, result] : view.results) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row = {store, std::string(words_of(result.state))};
    for (std::size_t nth = 0; nth < counts.size(); ++nth) {
      const auto number = count_of(result, counts[nth].key);
      row.push_back(cell(number, false));
      add_capped(sums[nth], number.value_or(0));
    }
    for (const SizeColumn* column : sizes) {
      row.push_back(cell(result.*(column->field), column->is_bytes));
    }
  }
  std::vector<std::string>& last = table.rows.emplace_back();
  last = {view.results.size() == 1 ? "1 store"
                                   : fmt::format("{} stores", view.results.size()),
          ""};
  for (const std::uint64_t sum : sums) {
    last.push_back(format_count(sum));
  }
  for (const SizeColumn* column : sizes) {
    last.push_back(cell(sum_of(view.results, column->field), column->is_bytes));
  }
  return table;
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
