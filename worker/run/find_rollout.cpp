#include "worker/run/find_rollout.hpp"

#include "fsutil/walk.hpp"
#include "worker/catalog/codex_threads.hpp"
#include "worker/rollout/name.hpp"
#include "worker/run/thread_databases.hpp"
#include "worker/stage/scan.hpp"

#include <algorithm>
#include <functional>

namespace coldpress {

namespace {

constexpr int k_max_depth = 8;

std::vector<std::string>
matching(Fs& fs,
         const Store& store,
         const std::function<bool(const std::string& name, NameKind kind)>& wanted) {
  std::vector<std::string> paths;
  for (const Root root : {Root::archived, Root::active}) {
    const std::string tree = join_path(store.home, tree_name(root));
    const auto stat = fs.lstat(tree);
    if (!stat || stat->type != FileType::directory) {
      continue; // a symlink: another store may share what it points to
    }
    walk(
        fs,
        tree,
        k_max_depth,
        [&](const std::string& dir, const DirEntry& entry) {
          const NameKind kind = classify(entry.name);
          if ((kind == NameKind::plain || kind == NameKind::compressed) &&
              wanted(entry.name, kind)) {
            paths.push_back(join_path(dir, plain_name(entry.name)));
          }
        },
        [](const Error&) {});
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

Error nothing_found(Fs& fs, const Store& store, const std::string& text) {
  Error error{Errc::not_found, 0, "find rollout", text, {}};
  const std::string lock =
      join_path(store.home, "thread-writer-locks/" + lower_case(text) + ".lock");
  const bool known = is_uuid(text) &&
                     (fs.lstat(lock).has_value() ||
                      codex_has_thread(fs, thread_databases(fs, store), lower_case(text))
                          .value_or(std::nullopt)
                          .value_or(false));
  error.context.push_back(known ? "not saved yet: Codex knows the thread and has written "
                                  "no rollout for it"
                                : "no such rollout or thread in " + store.home +
                                      "; if it is in another store, name that with "
                                      "--store");
  return error;
}

} // namespace

Result<std::vector<std::string>>
find_rollouts(Fs& fs, const Store* store, const std::string& text) {
  if (fs.lstat(plain_name(text)) || fs.lstat(compressed_name(text))) {
    return std::vector<std::string>{plain_name(text)};
  }
  if (store == nullptr || text.find('/') != std::string::npos) {
    return Fail(Error{Errc::not_found, 0, "find rollout", text, {"no such file"}});
  }
  const std::string file_name = plain_name(text);
  const std::string id = lower_case(text);
  auto paths = matching(fs, *store, [&](const std::string& name, NameKind) {
    const auto parsed = parse_rollout_name(name);
    return plain_name(name) == file_name ||
           (parsed && (parsed->thread_id == id || parsed->rollout_id == id));
  });
  if (paths.empty()) {
    return Fail(nothing_found(fs, *store, text));
  }
  return paths;
}

std::vector<std::string> all_compressed(Fs& fs, const Store& store) {
  return matching(fs, store, [](const std::string&, NameKind kind) {
    return kind == NameKind::compressed;
  });
}

} // namespace coldpress
