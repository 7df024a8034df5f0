#include "fsutil/text.hpp"
#include "worker/cli/fleet_view.hpp"
#include "worker/cli/table.hpp"

#include <algorithm>

namespace coldpress {

namespace {

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

std::string table_of(const FleetView& view) {
  const auto counts = columns_of(view.command);
  std::vector<Align> align{Align::left, Align::left};
  std::vector<std::string> head{"Store", "Result"};
  for (const CountColumn& column : counts) {
    align.push_back(Align::right);
    head.emplace_back(column.heading);
  }
  std::vector<const SizeColumn*> sizes;
  for (const SizeColumn& column : k_sizes) {
    if (sum_of(view.results, column.field)) {
      sizes.push_back(&column);
      align.push_back(Align::right);
      head.emplace_back(column.heading);
    }
  }
  Table table(std::move(align));
  table.add(std::move(head));
  std::vector<std::uint64_t> sums(counts.size());
  for (const auto& [store, result] : view.results) {
    std::vector<std::string> row{store, state_text(result)};
    for (std::size_t nth = 0; nth < counts.size(); ++nth) {
      const auto number = count_of(result, counts[nth].key);
      row.push_back(cell(number, false));
      sums[nth] += number.value_or(0);
    }
    for (const SizeColumn* column : sizes) {
      row.push_back(cell(result.*(column->field), column->is_bytes));
    }
    table.add(std::move(row));
  }
  std::vector<std::string> last{fmt::format("{} stores", view.results.size()), ""};
  for (const std::uint64_t sum : sums) {
    last.push_back(format_count(sum));
  }
  for (const SizeColumn* column : sizes) {
    last.push_back(cell(sum_of(view.results, column->field), column->is_bytes));
  }
  table.add(std::move(last));
  return table.text();
}

std::string attention_text(const FleetView& view) {
  std::string text;
  for (const StoreResult* result : needing_a_look(view)) {
    text += fmt::format("  {}: {}\n", result->store, state_text(*result));
    for (const std::string& sentence : result->attention) {
      text += "    " + sentence + "\n";
    }
    if (result->attention_left > 0) {
      text += fmt::format("    and {} more\n", result->attention_left);
    }
  }
  for (const std::string& store : view.missing) {
    text += fmt::format("  {}: in the list, but no file tells of it\n", store);
  }
  for (const std::string& file : view.incomplete) {
    text += fmt::format(
        "  {}: it has no end; its shard was stopped or is still running\n", file);
  }
  for (const std::uint64_t shard : view.missing_shards) {
    text += fmt::format("  shard {}: no file has its end\n", shard);
  }
  return text.empty() ? text : "\nNeeds a look:\n" + text;
}

} // namespace

std::string fleet_text(const FleetView& view) {
  std::string text = view.results.empty() ? "" : table_of(view) + "\n";
  text += fmt::format("{}: {}\n", view.command, states_text(view));
  if (view.shard) {
    text += fmt::format("This is part {} of {}, the first being 0.\n",
                        view.shard->index,
                        view.shard->count);
  }
  const auto off =
      std::count_if(view.results.begin(), view.results.end(), [](const auto& one) {
        return one.second.enabled == false;
      });
  if (off > 0 && view.command == "run") {
    text += fmt::format("{} stores were not changed: the feature "
                        "local_thread_store_compression is off.\n",
                        off);
  }
  if (!view.superseded.empty()) {
    text += fmt::format("{} files have no end; others have the ends of their shards.\n",
                        view.superseded.size());
  }
  return text + attention_text(view);
}

} // namespace coldpress
