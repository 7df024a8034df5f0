#pragma once

#include "locking/run_marker.hpp"
#include "locking/store_lock.hpp"
#include "worker/catalog/ledger.hpp"
#include "worker/control/control_protocol.hpp"
#include "worker/inspect/frame_census.hpp"
#include "worker/preflight/store.hpp"
#include "worker/stage/inventory.hpp"
#include "worker/stage/orphans.hpp"

#include <string>
#include <vector>

namespace coldpress {

// Looks at a store for people; nothing here creates or changes anything.

enum class LeaseAnswer : std::uint8_t {
  works,   // the kernel tells of writers here
  none,    // it does not: the tree is taken with the long grace, or left alone
  unknown, // no rollout there to ask it of
};

std::string_view name_of(LeaseAnswer answer);

// Asks with a lease on one of the tree's rollouts, taken and given back at once.
LeaseAnswer probe_leases(Fs& fs, const std::string& rollout_file);

// A `coldpress serve` of the store.
struct DaemonAnswer {
  std::uint32_t pid = 0;
  ServiceStore store;
  std::string trouble; // it is there and gave no good answer: why, and what to do
};

// Everything `status` shows.
struct StoreStatus {
  Inventory found;
  FrameCensus frames;
  // An error: may not be asked. That is not "free", and not "none".
  Result<std::optional<StoreLockHolder>> lock = std::optional<StoreLockHolder>{};
  Result<std::optional<MarkerInfo>> marker = std::optional<MarkerInfo>{};
  std::optional<DaemonAnswer> daemon;
  Result<bool> maintenance = false;    // Codex's, running now
  std::array<LeaseAnswer, 2> leases{}; // by Root
  Result<std::vector<Orphan>> orphans = std::vector<Orphan>{};
  bool ledger_read = true;  // false: runs, totals and blocked are unknown
  std::vector<RunRow> runs; // newest first
  Totals totals;
  BlockedTimes blocked;
  std::vector<Error> errors; // what could not be found out
};

StoreStatus
look_at(Fs& fs, const Clock& clock, const Settings& settings, const Store& store);

} // namespace coldpress
