#pragma once

#include "worker/pass/pass_types.hpp"
#include "worker/pass/session.hpp"

namespace coldpress {

// Makes the given rollouts plain again (absolute paths of their plain form), one after
// the other, and holds them from being compressed for scan.cold_after. Before the first
// it makes sure that all of them will fit. Resumable: what is already plain is skipped.
// Drives the session's loop like run_pass(), and ends the same way on a signal.
PassSummary run_restore(Session& session,
                        const std::vector<std::string>& plain_paths,
                        const PassEvents& events);

} // namespace coldpress
