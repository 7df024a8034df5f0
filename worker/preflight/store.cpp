#include "worker/preflight/store.hpp"

#include "fsutil/text.hpp"

#include <algorithm>

namespace coldpress {

namespace {

Fail refused(Error error, std::string what_to_do) {
  return Fail(std::move(error).in(std::move(what_to_do)));
}

// What Codex makes before there is a first session.
bool has_codex_files(const std::vector<DirEntry>& entries) {
  return std::any_of(entries.begin(), entries.end(), [](const DirEntry& entry) {
    const std::string& name = entry.name;
    return name == "auth.json" || name == "config.toml" || name == "history.jsonl" ||
           name == "version.json" ||
           (name.starts_with("state_") && name.ends_with(".sqlite"));
  });
}

// Codex's and our own folders beside the trees may be symlinks that the user has made;
// these are followed, once. What is put there later, or by another user, is not.
Result<std::vector<HeldDir>>
hold_store(Fs& fs, const std::string& home, std::uint32_t uid) {
  std::vector<HeldDir> held;
  for (const char* name : {"coldpress", ".tmp", "thread-writer-locks"}) {
    std::string path = join_path(home, name);
    const auto stat = fs.lstat(path);
    if (stat && stat->type == FileType::symlink && (stat->uid == uid || stat->uid == 0)) {
      if (auto dir = HeldDir::hold(fs, std::move(path))) {
        held.push_back(std::move(*dir));
      }
    }
  }
  TRY_ASSIGN(HeldDir dir, HeldDir::hold(fs, home));
  held.push_back(std::move(dir));
  return held;
}

} // namespace

Result<Store> open_store(Fs& fs, const Settings& settings, std::uint32_t uid) {
  if (settings.store.empty() && settings.stores.size() > 1) {
    return refused(
        Error{Errc::invalid, 0, "open store", {}, {}},
        fmt::format("{} stores are configured; name one of them with --store: {}",
                    settings.stores.size(),
                    printable(fmt::format("{}", fmt::join(settings.stores, ", ")))));
  }
  auto home = fs.real_path(settings.store);
  if (!home) {
    return refused(std::move(home.error()),
                   "there is no such store; name it with --store DIR or $CODEX_HOME");
  }
  TRY_ASSIGN(const FileStat stat, fs.lstat(*home));
  if (stat.type != FileType::directory) {
    return refused(Error{Errc::invalid, 0, "open store", *home, {}},
                   "not a directory; a store is a Codex home such as ~/.codex");
  }
  if (uid == 0 && stat.uid != 0) {
    return refused(
        Error{Errc::denied, 0, "open store", *home, {}},
        fmt::format("it belongs to user {}, and root must not create files there; run "
                    "coldpress as that user: sudo -u '#{}' coldpress …",
                    stat.uid,
                    stat.uid));
  }
  auto listed = fs.list_dir(*home);
  if (!listed) {
    return refused(std::move(listed.error()),
                   "cannot read the store; run coldpress as its owner");
  }
  Store store;
  TRY_ASSIGN(std::vector<HeldDir> held, hold_store(fs, *home, uid));
  store.held = std::make_shared<const std::vector<HeldDir>>(std::move(held));
  store.home = *home;
  store.own_dir = join_path(*home, "coldpress");
  store.state_dir = settings.state_dir.empty() ? store.own_dir : settings.state_dir;
  store.uid = uid;
  store.codex_sqlite_home = settings.codex_sqlite_home;
  for (const Root root : {Root::archived, Root::active}) {
    store.has_trees =
        store.has_trees || fs.lstat(join_path(*home, tree_name(root))).has_value();
  }
  // An empty mount point looks like this. To call it an empty store would be a success.
  if (!store.has_trees && !has_codex_files(*listed)) {
    return refused(Error{Errc::not_found, 0, "open store", *home, {}},
                   "it contains neither sessions/ nor archived_sessions/ nor any other "
                   "file of Codex; check that its disk is mounted, or name another Codex "
                   "home with --store DIR or $CODEX_HOME");
  }
  return store;
}

} // namespace coldpress
