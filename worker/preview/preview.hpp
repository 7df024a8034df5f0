#pragma once

#include "worker/catalog/ledger.hpp"
#include "worker/preflight/store.hpp"
#include "worker/stage/decision.hpp"
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

} // namespace coldpress
