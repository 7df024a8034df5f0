#include "fsutil/text.hpp"

#include "worker/cli/fleet/view.hpp"
#include "worker/cli/table.hpp"

#include <algorithm>

namespace coldpress {

namespace {

std::string stores_text(const FleetView& view) {
  FleetTable from = table_of(view);
  std::vector<Align> align(from.head.size(), Align::right);
  align[0] = align[1] = Align::left;
  Table table(std::move(align));
  table.add(std::move(from.head));
  for (std::vector<std::string>& row : from.rows) {
    table.add(std::move(row));
  }
  return table.text();
}

std::string concerns_text(const FleetView& view) {
  std::string text;
  for (const FleetConcern& concern : concerns_of(view)) {
    text += fmt::format("  {}: {}\n", concern.where, concern.how);
    for (const std::string& sentence : concern.what) {
      text += "    " + sentence + "\n";
    }
  }
  return text.empty() ? text : "\nNeeds a look:\n" + text;
}

} // namespace

std::string fleet_text(const FleetView& view) {
  std::string text = view.results.empty() ? "" : stores_text(view) + "\n";
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
  if (off > 0) {
    text += fmt::format("{} of these stores were not changed: the feature "
                        "local_thread_store_compression is off.\n",
                        off);
  }
  if (!view.superseded.empty()) {
    text += fmt::format("{} files have no end; others have the ends of their shards.\n",
                        view.superseded.size());
  }
  return text + concerns_text(view);
}

} // namespace coldpress
