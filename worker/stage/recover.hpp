#pragma once

#include "locking/guards.hpp"
#include "worker/stage/outcome.hpp"
#include "worker/stage/place.hpp"

#include <functional>
#include <stop_token>

namespace coldpress {

// What Codex's own database says of a thread. `unknown`: it is busy, ask again later.
enum class ThreadRow : std::uint8_t { present, absent, no_database, unknown };

struct RecoverRules {
  std::string home;      // the store: forms may have moved to where Codex keeps them
  std::uint32_t uid = 0; // whose store it is: another's file decides nothing
  std::chrono::milliseconds settle{};
  std::chrono::milliseconds grace{};               // where kernel leases work
  std::chrono::milliseconds grace_without_lease{}; // elsewhere
  std::string orphans_dir;                         // absolute; made when needed
  std::function<ThreadRow(const std::string& thread_id)> thread_row;
  // False if a directory could not be listed: what seems to be alone may not be.
  bool whole_store_seen = true;
  std::stop_token stop; // looked at while contents are compared
};

struct Recovered {
  std::optional<Outcome> outcome; // empty: nothing was to be done, or not yet
  // A retired file waits for its grace: call again then, on a fresh look.
  std::optional<std::chrono::nanoseconds> due_in;
};

// Puts one rollout right whose forms a crash or a rude writer has left behind: the
// table of DESIGN section 5. What it is given may be old: it looks again there, and
// where Codex keeps the rollout in either tree. Contents are compared without a lock;
// every act looks again under Codex's locks and ours, and makes the copy that stays
// durable before a name goes. Never removes the last copy of anything, nor the last that
// is the user's own and only his to change; what it cannot decide it reports as
// `conflict` and leaves. Idempotent. Busy locks mean nothing is done this time.
Recovered recover(Guards& guards, const RolloutForms& forms, const RecoverRules& rules);

} // namespace coldpress
