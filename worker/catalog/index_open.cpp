#include "fsutil/posix_fs.hpp"
#include "worker/catalog/database_file.hpp"
#include "worker/catalog/index_schema.hpp"
#include "worker/catalog/index_state.hpp"

#include <algorithm>

namespace coldpress {

namespace {

Result<void> remove_if_there(Fs& fs, const std::string& path) {
  auto removed = fs.unlink(path);
  return !removed && removed.error().code != Errc::not_found
             ? Result<void>(Fail(std::move(removed.error())))
             : Result<void>();
}

// Of a database that is no more: the next one of that name would take it for its own.
Result<void> remove_journals(const std::string& path) {
  PosixFs fs;
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    TRY(remove_if_there(fs, path + suffix));
  }
  return {};
}

Result<Db> open_db(const std::string& path) {
  TRY(create_private(path));
  TRY_ASSIGN(Db db, Db::open(path, DbMode::read_write));
  TRY_ASSIGN(IndexFile kind, index_file_kind(db));
  if (kind == IndexFile::older) {
    return Fail(Error{Errc::changed, 0, "index version", path, {}});
  }
  // Whoever reads never waits for the one who writes.
  TRY(db.exec("PRAGMA journal_mode = WAL"));
  if (kind == IndexFile::empty) {
    TRY(create_index(db));
  }
  TRY(check_index_tables(db));
  return db;
}

} // namespace

Result<Index::Opened> Index::open_or_create(const std::string& path, WallTime now) {
  std::string aside;
  auto db = open_db(path);
  if (!db && (db.error().code == Errc::corrupt || db.error().code == Errc::changed)) {
    PosixFs fs;
    if (db.error().code == Errc::corrupt) {
      TRY_ASSIGN(aside, set_aside(path, now));
    } else {
      TRY(remove_if_there(fs, path));
    }
    TRY(remove_journals(path));
    db = open_db(path);
  }
  if (!db) {
    return Fail(std::move(db.error()).at(path));
  }
  TRY_ASSIGN(Index index, over(std::move(*db)));
  return Opened{std::move(index), std::move(aside)};
}

Result<std::optional<Index>> Index::open_existing(const std::string& path) {
  PosixFs fs;
  if (const auto found = fs.lstat(path); !found) {
    return found.error().code == Errc::not_found
               ? Result<std::optional<Index>>(std::optional<Index>())
               : Result<std::optional<Index>>(Fail(found.error()));
  }
  auto db = Db::open(path, DbMode::read_write);
  if (!db && db.error().code == Errc::denied) {
    db = Db::open(path, DbMode::read_only);
  }
  if (!db) {
    return Fail(std::move(db.error()).at(path));
  }
  TRY_ASSIGN(const IndexFile kind, index_file_kind(*db));
  if (kind != IndexFile::ours) {
    return std::optional<Index>();
  }
  TRY(check_index_tables(*db));
  TRY_ASSIGN(Index index, over(std::move(*db)));
  return std::optional<Index>(std::move(index));
}

Result<std::string>
Index::set_aside_damaged(Index index, const std::string& path, WallTime now) {
  index.state_.reset(); // closed, so that nothing is written any more
  TRY_ASSIGN(std::string aside, set_aside(path, now));
  TRY(remove_journals(path));
  return aside;
}

Result<std::size_t> Index::drop(const std::string& path) {
  PosixFs fs;
  const auto listed = fs.list_dir(parent_dir(path));
  if (!listed && listed.error().code != Errc::not_found) {
    return Fail(listed.error());
  }
  const auto entries = listed.value_or(std::vector<DirEntry>());
  const std::string name = base_name(path);
  const auto is_ours = [&name](const std::string& entry) {
    return entry == name || entry == name + "-wal" || entry == name + "-shm" ||
           entry == name + "-journal" || entry.starts_with(name + ".damaged-");
  };
  std::size_t removed = 0;
  for (const DirEntry& entry : entries) {
    if (entry.type == FileType::regular && is_ours(entry.name)) {
      TRY(remove_if_there(fs, join_path(parent_dir(path), entry.name)));
      removed += 1;
    }
  }
  return removed;
}

} // namespace coldpress
