#include "worker/run/find_rollout.hpp"

#include "worker/catalog/codex_threads.hpp"
#include "worker/rollout/name.hpp"
#include "worker/run/thread_databases.hpp"
#include "worker/stage/scan.hpp"

#include <algorithm>
#include <functional>

namespace coldpress {

namespace {

using Wanted = std::function<bool(const std::string& name, NameKind kind)>;

Listed matching(Fs& fs, const Store& store, const Wanted& wanted) {
  Listed listed;
  auto& paths = listed.plain_paths;
  for (const Root root : {Root::archived, Root::active}) {
    walk_rollouts(fs,
                  join_path(store.home, tree_name(root)),
                  {[&](const std::string& dir, const DirEntry& entry, NameKind kind) {
                     if (entry.type == FileType::regular &&
                         (kind == NameKind::plain || kind == NameKind::compressed) &&
                         wanted(entry.name, kind)) {
                       paths.push_back(join_path(dir, plain_name(entry.name)));
                     }
                   },
                   [&](OddEntry odd) { listed.odd.push_back(std::move(odd)); },
                   [&](Error error) { listed.errors.push_back(std::move(error)); }});
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return listed;
}

Error not_handled(const OddEntry& odd) {
  return {
      Errc::unsupported, 0, "find rollout", odd.path, {std::string(explain(odd.oddity))}};
}

// A reader would say ELOOP.
Result<void> refuse_symlink(Fs& fs, const std::string& path) {
  const auto stat = fs.lstat(path);
  return !stat || stat->type != FileType::symlink
             ? Result<void>()
             : Fail(Error{Errc::unsupported,
                          0,
                          "find rollout",
                          path,
                          {"a symlink, which is not followed; name the file itself"}});
}

Error nothing_found(Fs& fs,
                    const Store& store,
                    const std::string& text,
                    const Listed& listed) {
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
  for (const OddEntry& odd : listed.odd) {
    if (odd.oddity == Oddity::symlinked_dir) {
      error.context.push_back(odd.path + " was not looked into: it is a symlink");
    }
  }
  for (const Error& failed : listed.errors) {
    error.context.push_back("not looked into: " + describe(failed));
  }
  return error;
}

} // namespace

Result<std::vector<std::string>>
find_rollouts(Fs& fs, const Store* store, const std::string& text) {
  if (fs.lstat(plain_name(text))) {
    TRY(refuse_symlink(fs, plain_name(text)));
    return std::vector<std::string>{plain_name(text)};
  }
  if (fs.lstat(compressed_name(text))) {
    TRY(refuse_symlink(fs, compressed_name(text)));
    return std::vector<std::string>{plain_name(text)};
  }
  if (store == nullptr || text.find('/') != std::string::npos) {
    return Fail(Error{Errc::not_found, 0, "find rollout", text, {"no such file"}});
  }
  const std::string file_name = plain_name(text);
  const std::string id = lower_case(text);
  const auto wanted = [&](const std::string& name) {
    const auto parsed = parse_rollout_name(name);
    return plain_name(name) == file_name ||
           (parsed && (parsed->thread_id == id || parsed->rollout_id == id));
  };
  Listed listed = matching(
      fs, *store, [&](const std::string& name, NameKind) { return wanted(name); });
  if (!listed.plain_paths.empty()) {
    return std::move(listed.plain_paths);
  }
  for (const OddEntry& odd : listed.odd) {
    if (wanted(base_name(odd.path))) {
      return Fail(not_handled(odd));
    }
  }
  return Fail(nothing_found(fs, *store, text, listed));
}

Listed all_compressed(Fs& fs, const Store& store) {
  return matching(fs, store, [](const std::string&, NameKind kind) {
    return kind == NameKind::compressed;
  });
}

} // namespace coldpress
