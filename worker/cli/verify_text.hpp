#pragma once

#include "worker/verify/verify_run.hpp"

#include <string>

namespace coldpress {

// What verify shows to people.

// About one rollout that needs to be told of; a second line says what to do.
std::string verified_text(const VerifiedRollout& seen);
// Ends with a newline.
std::string summary_text(const VerifySummary& summary);

} // namespace coldpress
