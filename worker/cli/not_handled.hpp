#pragma once

#include "fsutil/diagnostics.hpp"
#include "worker/cli/command.hpp"
#include "worker/rollout/tree_walk.hpp"

#include <vector>

namespace coldpress {

// Tells of what a walk over the trees has found and no command handles: with --json a
// line for each, else some of them on standard error.
void tell_not_handled(const Context& context,
                      const Store& store,
                      Severity severity,
                      const std::vector<OddEntry>& all);

} // namespace coldpress
