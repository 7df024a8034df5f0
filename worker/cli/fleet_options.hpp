#pragma once

#include "worker/cli/command.hpp"

namespace coldpress {

// --stores-from, --shard and --shard-count of the commands that work on several stores.
void add_fleet(CLI::App& app, Options& options);

} // namespace coldpress
