#pragma once

#include "worker/cli/command.hpp"

namespace coldpress {

// --stores-from, --shard and --shard-count of the commands that work on several stores.
void add_fleet(CLI::App& app, Options& options);
// These, --list-sizes and --merge.
void add_fleet_report(CLI::App& app, Options& options);

} // namespace coldpress
