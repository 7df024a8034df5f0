#pragma once

#include "worker/run/pass_types.hpp"
#include "worker/run/session.hpp"

namespace coldpress {

// How long a run waits for retired files to become due before it leaves them to the
// next one.
inline constexpr std::chrono::seconds k_wait_for_reaps{60};

// One pass over one store: recover, plan, compress what is cold, free what is due. Drives
// the session's loop and returns when all is done, or given up because of a signal; in
// that case every file is as it was, or wholly compressed.
//
// Whether the feature is on is for the caller to ask. One pass a session.
PassSummary run_pass(Session& session, const PassEvents& events);

// Only what an earlier run has left: recover and sweep, and free what is due; and old
// orphans, if that is asked for.
PassSummary run_sweep(Session& session, const PassEvents& events, Orphans orphans);

} // namespace coldpress
