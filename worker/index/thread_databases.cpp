#include "worker/index/thread_databases.hpp"

#include "config/codex_config.hpp"

namespace coldpress {

namespace {

constexpr std::size_t k_longest_config = std::size_t{1} << 20U;

// Empty: there is no configuration.
Result<std::vector<std::string>> homes_set_in(Fs& fs, const std::string& path) {
  auto real = fs.real_path(path); // a symlink, if somebody keeps it elsewhere
  if (!real) {
    // A dangling one says something that cannot be read.
    const bool absent =
        real.error().code == Errc::not_found && !fs.lstat(path).has_value();
    return absent ? Result<std::vector<std::string>>(std::vector<std::string>{})
                  : Fail(std::move(real.error()));
  }
  TRY_ASSIGN(const FileStat stat, fs.lstat(*real));
  if (stat.type != FileType::regular) {
    return Fail(Error{Errc::invalid, 0, "read", path, {"not a regular file"}});
  }
  TRY_ASSIGN(const std::string text, read_small(fs, *real, k_longest_config));
  return codex_sqlite_homes(text, path);
}

// Codex takes a relative one from where its configuration is.
std::string absolute(const Store& store, const std::string& dir) {
  return dir.starts_with('/') ? dir : join_path(store.home, dir);
}

} // namespace

ThreadDatabases thread_databases(Fs& fs, const Store& store) {
  ThreadDatabases all;
  all.usual = {store.home, join_path(store.home, "sqlite")};
  if (!store.codex_sqlite_home.empty()) {
    all.set.push_back(absolute(store, store.codex_sqlite_home));
  }
  const auto homes = homes_set_in(fs, join_path(store.home, "config.toml"));
  all.complete = homes.has_value();
  for (const std::string& home : homes ? *homes : std::vector<std::string>{}) {
    all.set.push_back(absolute(store, home));
  }
  return all;
}

} // namespace coldpress
