#include "worker/run/store.hpp"

#include "fsutil/text.hpp"
#include "worker/stage/scan.hpp"

namespace coldpress {

namespace {

Fail refused(Error error, std::string what_to_do) {
  return Fail(std::move(error).in(std::move(what_to_do)));
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
        fmt::format("it belongs to user {}, and root must not make files there; "
                    "run coldpress as that user: sudo -u '#{}' coldpress …",
                    stat.uid,
                    stat.uid));
  }
  if (auto listed = fs.list_dir(*home); !listed) {
    return refused(std::move(listed.error()),
                   "cannot read the store; run coldpress as its owner");
  }
  Store store;
  store.home = *home;
  store.own_dir = join_path(*home, "coldpress");
  store.state_dir = settings.state_dir.empty() ? store.own_dir : settings.state_dir;
  store.uid = uid;
  store.codex_sqlite_home = settings.codex_sqlite_home;
  for (const Root root : {Root::archived, Root::active}) {
    store.has_trees =
        store.has_trees || fs.lstat(join_path(*home, tree_name(root))).has_value();
  }
  return store;
}

} // namespace coldpress
