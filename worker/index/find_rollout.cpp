#include "worker/index/find_rollout.hpp"

#include "worker/catalog/codex_threads.hpp"
#include "worker/index/thread_databases.hpp"

namespace coldpress {

Result<std::vector<std::string>>
find_rollouts(Fs& fs, const Store* store, const std::string& text) {
  const auto knows = [&](const std::string& thread_id) {
    return codex_has_thread(fs, thread_databases(fs, *store), thread_id)
        .value_or(std::nullopt)
        .value_or(false);
  };
  return find_in_home(fs, store == nullptr ? nullptr : &store->home, text, knows);
}

Listed all_compressed(Fs& fs, const Store& store) {
  return list_rollouts(fs, store.home, Forms::compressed);
}

} // namespace coldpress
