#pragma once

#include "worker/catalog/index_query.hpp"
#include "worker/cli/options.hpp"

namespace coldpress {

// --project, --since and what else chooses threads.
void add_thread_filters(CLI::App& app, Options& options);
// --limit, --skip and --no-update.
void add_paging(CLI::App& app, Options& options);

// As they were given. `--family` is left to who has an index. Errc::invalid says which
// one makes no sense.
Result<ThreadFilter> filter_of(const CatalogOptions& options, WallTime now);

} // namespace coldpress
