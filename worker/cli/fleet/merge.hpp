#pragma once

#include "worker/cli/command.hpp"

namespace coldpress {

// report --merge: the --json output of several shards as one report. The exit code.
int merge_reports(const Context& context);

} // namespace coldpress
