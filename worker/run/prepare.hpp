#pragma once

#include "worker/run/pass_types.hpp"
#include "worker/run/session.hpp"
#include "worker/stage/recover.hpp"
#include "worker/stage/scan.hpp"

namespace coldpress {

// What a look at a store finds: everything `plan` shows, and what a pass begins with.
struct Preview {
  Inventory found; // but for the candidates: they are in the plan
  Plan plan;
};

// Walks the store and decides. Changes nothing; needs no lock.
// `look` adds to what a scan does: see ScanRules; its time and the rest are set here.
Preview preview(Fs& fs,
                const Clock& clock,
                const Settings& settings,
                const Store& store,
                const Known& known,
                ScanRules look = {});

// A rollout whose retired file's grace is not over.
struct WaitingForms {
  RolloutForms forms;
  std::chrono::nanoseconds wait{};
  std::uint64_t bytes = 0; // that will be free then
};

struct Prepared {
  Preview preview;
  std::vector<Outcome> recovered; // what was put right, or could not be
  std::vector<WaitingForms> waiting;
  std::optional<Reason> deferred; // Codex is at maintenance: nothing was touched
};

enum class Seen : std::uint8_t { all, part };

// How recover() is to behave in this store, of which the last scan has seen that much.
RecoverRules recover_rules(Session& session, Seen seen);
// One group of forms put right.
Recovered recover_one(Session& session, const RolloutForms& forms, Seen seen);
Seen seen_of(const Inventory& found);
// Why nothing may be done now: Codex is at maintenance. Empty: go on.
Result<std::optional<Reason>> codex_at_work(Session& session, const Inventory& found);

// On the publisher thread, with the session locked: asks whether Codex is at
// maintenance, sweeps and recovers what an earlier run has left, removes old orphans if
// that was asked for, and plans.
Result<Prepared> prepare(Session& session, Orphans orphans);

} // namespace coldpress
