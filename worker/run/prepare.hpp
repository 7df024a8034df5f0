#pragma once

#include "worker/run/pass_types.hpp"
#include "worker/run/session.hpp"
#include "worker/stage/recover.hpp"

namespace coldpress {

// What a look at a store finds: everything `plan` shows, and what a pass begins with.
struct Preview {
  Inventory found;
  Plan plan;
};

// Walks the store and decides. Changes nothing; needs no lock.
Preview preview(Fs& fs,
                const Clock& clock,
                const Settings& settings,
                const Store& store,
                const Memory& memory);

struct Prepared {
  Preview preview;
  std::vector<Outcome> recovered;              // what was put right, or could not be
  std::vector<RolloutForms> waiting;           // retired files whose grace is not over
  std::vector<std::chrono::nanoseconds> waits; // how long, one for each
  std::optional<Reason> deferred; // Codex is at maintenance: nothing was touched
};

// How recover() is to behave in this store.
RecoverRules recover_rules(Session& session);
// One group of forms put right, its outcome with a path relative to the store.
Recovered recover_one(Session& session, const RolloutForms& forms);

// On the publisher thread, with the session locked: asks whether Codex is at
// maintenance, sweeps and recovers what an earlier run has left, and plans.
Result<Prepared> prepare(Session& session);

} // namespace coldpress
