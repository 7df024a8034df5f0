#pragma once

#include "worker/fleet/shard.hpp"
#include "worker/fleet/store_result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace coldpress {

// What a command on several stores, or a merge of several shards, shows at its end.
struct FleetView {
  std::string command; // "run"
  StoreResults results;
  WallTime time{};
  std::optional<Shard> shard;
  std::string list;        // digest_of() the whole list; empty: not known, or several
  std::uint64_t left = 0;  // stores not begun, because it was stopped
  int signal = 0;          // what stopped it, 0 if nothing did
  std::uint64_t files = 0; // merged; 0: none
  std::vector<std::string> incomplete; // of these, those without an end
  // The same, but others have the ends of their shards.
  std::vector<std::string> superseded;
  std::vector<std::string> missing;          // stores of the list of which no file tells
  std::vector<std::uint64_t> missing_shards; // of which no file has the end
};

int exit_of(const FleetView& view);

// One thing that needs a look: a store, a file without an end, a shard that is missing.
struct FleetConcern {
  std::string where;
  std::string how;               // "needs attention", "cut off"
  std::vector<std::string> what; // sentences
};
// All of them, the worst first.
std::vector<FleetConcern> concerns_of(const FleetView& view);

// A row for each store: its name and how it ended, then numbers, those that the command
// has. The last row has the sums.
struct FleetTable {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};
FleetTable table_of(const FleetView& view);

// "198 done, 1 busy, 1 failed".
std::string states_text(const FleetView& view);

// For people on a terminal. Ends with a newline.
std::string fleet_text(const FleetView& view);
// One whole HTML page that needs nothing else: no script, no network.
std::string fleet_html(const FleetView& view);

} // namespace coldpress
