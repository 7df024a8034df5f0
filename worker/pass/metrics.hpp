#pragma once

#include "worker/catalog/ledger.hpp"
#include "worker/pass/pass_types.hpp"

#include <optional>
#include <string>

namespace coldpress {

// What a run leaves in the store, by form.
struct StoreBytes {
  std::uint64_t plain = 0;
  std::uint64_t compressed = 0;
  std::uint64_t retired = 0;

  void count(const Inventory& found, const Plan& plan);
  void count(const Outcome& outcome);
};

struct Metrics {
  std::string store; // its path
  WallTime finished{};
  double seconds = 0;
  int exit_code = 0;
  std::uint64_t blocked_max_us = 0;    // of this run
  std::optional<StoreBytes> bytes;     // empty: the run did not get to look
  std::optional<Counters> counters;    // empty: there is no ledger
  std::optional<BlockedTimes> blocked; // of many runs
};

// In the text format of Prometheus, version 0.0.4. Every sample has the label `store`, so
// that files of several stores may lie in one directory.
std::string metrics_text(const Metrics& metrics);

// Where they go: `setting` itself, or if that is a directory the store's file in it.
std::string metrics_path(Fs& fs, const std::string& setting, const std::string& store);

// Replaces the file in one step, mode 0644. Errc::invalid if there is a file that is not
// ours, or that holds the metrics of another store.
Result<void> write_metrics(Fs& fs, const std::string& setting, const Metrics& metrics);

} // namespace coldpress
