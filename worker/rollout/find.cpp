#include "worker/rollout/find.hpp"

#include "worker/rollout/name.hpp"

#include <algorithm>

namespace coldpress {

namespace {

using Wanted = std::function<bool(const std::string& name, NameKind kind)>;

Listed matching(Fs& fs, const std::string& home, const Wanted& wanted) {
  Listed listed;
  auto& paths = listed.plain_paths;
  for (const char* tree : {"archived_sessions", "sessions"}) {
    walk_rollouts(fs,
                  join_path(home, tree),
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
                          {"symlinks are not followed; name the file itself"}});
}

Error nothing_found(Fs& fs,
                    const std::string& home,
                    const std::string& text,
                    const Listed& listed,
                    const KnowsThread& knows) {
  const std::string lock =
      join_path(home, "thread-writer-locks/" + lower_case(text) + ".lock");
  const bool known =
      is_uuid(text) && (fs.lstat(lock).has_value() || (knows && knows(lower_case(text))));
  Error error{known ? Errc::not_saved : Errc::not_found, 0, "find rollout", text, {}};
  if (!listed.errors.empty()) { // it may be there
    error.code = listed.errors.front().code;
    error.sys = listed.errors.front().sys;
  }
  if (!listed.errors.empty()) {
    error.context.emplace_back("not found where it could be searched for");
  } else {
    error.context.push_back(
        known
            ? "not saved yet: the thread has no turn so far, so there is no rollout of it"
            : "no such rollout or thread in " + home +
                  "; if it is in another store, name that with "
                  "--store");
  }
  for (const OddEntry& odd : listed.odd) {
    if (odd.oddity == Oddity::symlinked_dir) {
      error.context.push_back(odd.path + " was not searched: it is a symlink");
    }
  }
  for (const Error& failed : listed.errors) {
    error.context.push_back("not searched: " + describe(failed));
  }
  return error;
}

} // namespace

Result<std::vector<std::string>> find_in_home(Fs& fs,
                                              const std::string* home,
                                              const std::string& text,
                                              const KnowsThread& knows) {
  if (text.empty()) { // a variable that was not set must not mean a thread
    return Fail(Error{Errc::invalid, 0, "find rollout", {}, {"the name is empty"}});
  }
  if (fs.lstat(plain_name(text))) {
    TRY(refuse_symlink(fs, plain_name(text)));
    return std::vector<std::string>{plain_name(text)};
  }
  if (fs.lstat(compressed_name(text))) {
    TRY(refuse_symlink(fs, compressed_name(text)));
    return std::vector<std::string>{plain_name(text)};
  }
  if (home == nullptr || text.find('/') != std::string::npos) {
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
      fs, *home, [&](const std::string& name, NameKind) { return wanted(name); });
  if (!listed.plain_paths.empty()) {
    return std::move(listed.plain_paths);
  }
  for (const OddEntry& odd : listed.odd) {
    if (wanted(base_name(odd.path))) {
      return Fail(not_handled(odd));
    }
  }
  return Fail(nothing_found(fs, *home, text, listed, knows));
}

Listed list_rollouts(Fs& fs, const std::string& home, Forms forms) {
  return matching(fs, home, [forms](const std::string&, NameKind kind) {
    return forms == Forms::any || kind == NameKind::compressed;
  });
}

} // namespace coldpress
