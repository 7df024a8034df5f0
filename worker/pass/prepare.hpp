#pragma once

#include "worker/pass/pass_types.hpp"
#include "worker/pass/session.hpp"
#include "worker/preview/preview.hpp"
#include "worker/stage/recover.hpp"

namespace coldpress {

// A rollout whose retired file's grace period is not over.
struct WaitingForms {
  RolloutForms forms;
  std::chrono::nanoseconds wait{};
  std::uint64_t bytes = 0; // that will be free then
};

struct Prepared {
  Preview preview;
  std::vector<Outcome> recovered; // what was cleaned up, or could not be
  std::vector<WaitingForms> waiting;
  std::optional<Reason> deferred; // Codex is at maintenance: nothing was touched
};

enum class Seen : std::uint8_t { all, part };

// How recover() is to behave in this store, of which the last scan has seen that much.
RecoverRules recover_rules(Session& session, Seen seen);
// One group of forms recovered.
Recovered recover_one(Session& session, const RolloutForms& forms, Seen seen);
Seen seen_of(const Inventory& found);
// Why nothing may be done now: Codex is at maintenance. Empty: go on.
Result<std::optional<Reason>> codex_at_work(Session& session, const Inventory& found);

// On the publisher thread, with the session locked: asks whether Codex is at
// maintenance, sweeps and recovers what an earlier run has left, removes old orphans if
// that was asked for, and plans.
Result<Prepared> prepare(Session& session, Orphans orphans);

} // namespace coldpress
