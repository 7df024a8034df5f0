#include "worker/index/index_check.hpp"

#include "worker/catalog/index_reader.hpp"
#include "worker/index/store_files.hpp"

#include <unordered_map>

namespace coldpress {

Result<IndexStatus> index_status(Fs& fs, const Store& store, const Index& index) {
  TRY_ASSIGN(const std::vector<IndexedRollout> known, index.rollouts());
  IndexStatus status;
  std::unordered_map<std::string, const IndexedRollout*> by_name;
  for (const IndexedRollout& rollout : known) {
    by_name.emplace(rollout.found.name, &rollout);
    status.rollouts += 1;
    status.plain_bytes += rollout.offset + rollout.unread;
    if (!rollout.problem.empty()) {
      status.problems.emplace_back(rollout.found.plain_path(), rollout.problem);
    }
  }
  const StoreFiles files = files_of(fs, store);
  for (const FoundRollout& found : files.rollouts) {
    const auto at = by_name.find(found.name);
    if (at == by_name.end() || !is_as_indexed(found, *at->second)) {
      status.behind += 1;
    }
    if (at != by_name.end()) {
      by_name.erase(at);
    }
  }
  status.gone = files.complete ? by_name.size() : 0;
  for (const std::string& problem : files.problems) {
    status.problems.emplace_back(store.home, problem);
  }
  return status;
}

Result<std::vector<std::string>>
verify_index(Fs& fs, const Clock& clock, const Store& store, const Index& index) {
  TRY_ASSIGN(const std::vector<IndexedRollout> known, index.rollouts());
  std::vector<std::string> different;
  for (const IndexedRollout& rollout : known) {
    const std::string path = join_path(store.home, rollout.found.plain_path());
    TRY_ASSIGN(const IndexCheckpoint checkpoint, index.checkpoint(rollout.id));
    const auto same = holds_indexed_bytes(fs, clock, path, rollout, checkpoint);
    if (!same && same.error().code != Errc::not_found && rollout.problem.empty()) {
      different.push_back(describe(same.error()));
    } else if (same && !*same) {
      different.push_back(path + ": its bytes differ from those that were indexed");
    }
  }
  return different;
}

} // namespace coldpress
