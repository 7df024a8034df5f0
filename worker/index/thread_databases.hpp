#pragma once

#include "worker/catalog/codex_threads.hpp"
#include "worker/preflight/store.hpp"

namespace coldpress {

// Where Codex may have its table of threads: the store, its sqlite/,
// $CODEX_SQLITE_HOME, and every sqlite_home of its config.toml. Of what an environment
// that is not ours says nothing is known.
ThreadDatabases thread_databases(Fs& fs, const Store& store);

} // namespace coldpress
