#include "worker/index/store_files.hpp"

#include "worker/index/known_dirs.hpp"
#include "worker/rollout/tree_walk.hpp"

#include <algorithm>
#include <map>

namespace coldpress {

namespace {

// Readers take the plain form, then the .zst; Codex looks in the active tree first.
bool is_read_before(const FoundRollout& a, const FoundRollout& b) {
  return a.compressed != b.compressed ? !a.compressed : !a.archived && b.archived;
}

} // namespace

StoreFiles files_of(Fs& fs, const Store& store, KnownDirs* dirs) {
  StoreFiles files;
  std::map<std::string, FoundRollout> by_name;
  for (const Root root : {Root::active, Root::archived}) {
    const std::string tree = join_path(store.home, tree_name(root));
    const auto problem = [&files](const Error& error) {
      files.problems.push_back(describe(error));
      files.complete = false;
    };
    const auto known = [dirs](const std::string& dir) {
      return dirs == nullptr ? std::nullopt : dirs->look(dir);
    };
    walk_rollouts(fs,
                  tree,
                  {[&](const std::string& dir, const DirEntry& entry, NameKind kind) {
                     if (entry.type != FileType::regular ||
                         (kind != NameKind::plain && kind != NameKind::compressed)) {
                       return;
                     }
                     FoundRollout found;
                     found.name = plain_name(entry.name);
                     found.dir = dir.substr(std::min(dir.size(), store.home.size() + 1));
                     found.archived = root == Root::archived;
                     found.compressed = kind == NameKind::compressed;
                     const auto stat = fs.lstat(join_path(dir, entry.name));
                     if (!stat) {
                       if (stat.error().code != Errc::not_found) {
                         problem(stat.error());
                       }
                       return;
                     }
                     found.stat = *stat;
                     const auto [at, added] = by_name.try_emplace(found.name, found);
                     files.twins = files.twins || at->second.dir != found.dir;
                     if (!added && is_read_before(found, at->second)) {
                       at->second = std::move(found);
                     }
                   },
                   [](const OddEntry&) {},
                   problem,
                   known});
  }
  files.rollouts.reserve(by_name.size());
  for (auto& [name, found] : by_name) {
    files.rollouts.push_back(std::move(found));
  }
  return files;
}

} // namespace coldpress
