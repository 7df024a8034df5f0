#pragma once

#include "worker/cli/command.hpp"

namespace coldpress {

// verify --receipts FILE: writes the receipts of all rollouts where there is no such
// file, else compares each rollout with its receipt. The exit code.
int verify_receipts(const Context& context, const OpenedStore& opened);

} // namespace coldpress
