#include "fsutil/posix_fs.hpp"
#include "fsutil/text.hpp"
#include "worker/catalog/database_file.hpp"
#include "worker/catalog/ledger.hpp"
#include "worker/catalog/schema.hpp"

namespace coldpress {

namespace {

Error at(Error error, const std::string& path) {
  if (error.path.empty()) {
    error.path = path;
  }
  return error;
}

// That the file was opened for writing says nothing of the journal beside it. Written and
// undone; the disk is not waited for.
Result<void> check_writable(const Db& db) {
  TRY_ASSIGN(const Tx undone, Tx::begin(db));
  return db.exec(fmt::format("PRAGMA user_version = {}", newest_schema()));
}

Result<Db> open_for_writing(const std::string& path) {
  TRY_ASSIGN(Db db, Db::open(path, DbMode::read_write));
  TRY_ASSIGN(const int version, read_schema_version(db));
  TRY(check_pages(db));
  // No write-ahead log: reading one creates files.
  TRY(db.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = NORMAL"));
  TRY(version < newest_schema() ? migrate(db) : check_writable(db));
  TRY(check_tables(db));
  return db;
}

Result<std::optional<Db>> open_for_reading(const std::string& path) {
  TRY_ASSIGN(Db db, Db::open(path, DbMode::read_only));
  TRY_ASSIGN(const int version, read_schema_version(db));
  // No look at every page: that costs more than all that is read here, and who only
  // looks meets the damage then, or does not need that page.
  if (version == 0) {
    return std::optional<Db>();
  }
  if (version < newest_schema()) {
    return Fail(Error{
        Errc::unsupported,
        0,
        "ledger version",
        path,
        {fmt::format(
            "the ledger has version {}, this program reads {}; the next run updates it",
            version,
            newest_schema())}});
  }
  TRY(check_tables(db));
  return std::optional<Db>(std::move(db));
}

} // namespace

Result<Ledger> Ledger::open(const std::string& path) {
  TRY(create_private(path));
  auto db = open_for_writing(path);
  if (!db) {
    return Fail(at(std::move(db.error()), path));
  }
  return Ledger(std::move(*db));
}

Result<Ledger::Opened> Ledger::open_or_replace(const std::string& path, WallTime now) {
  auto opened = open(path);
  if (opened) {
    return Opened{std::move(*opened), {}};
  }
  if (opened.error().code != Errc::corrupt) {
    return Fail(std::move(opened.error()));
  }
  TRY_ASSIGN(std::string damaged, set_aside(path, now));
  TRY_ASSIGN(Ledger fresh, open(path));
  return Opened{std::move(fresh), std::move(damaged)};
}

Result<std::optional<Ledger>> Ledger::open_read_only(const std::string& path) {
  PosixFs fs;
  if (auto found = fs.lstat(path); !found) {
    if (found.error().code == Errc::not_found) {
      return std::optional<Ledger>();
    }
    return Fail(std::move(found.error()));
  }
  auto db = open_for_reading(path);
  if (!db) {
    return Fail(at(std::move(db.error()), path));
  }
  return *db ? std::optional<Ledger>(Ledger(std::move(**db))) : std::optional<Ledger>();
}

} // namespace coldpress
