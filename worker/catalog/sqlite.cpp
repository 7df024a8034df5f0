#include "worker/catalog/sqlite.hpp"

#include "fsutil/posix_fs.hpp"
#include "worker/catalog/wal_snapshot.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>

namespace coldpress {

namespace {

Errc code_of(int extended, int sys) {
  if (extended == SQLITE_READONLY_ROLLBACK || extended == SQLITE_READONLY_RECOVERY) {
    return Errc::busy;
  }
  if (extended == SQLITE_IOERR_CORRUPTFS) {
    return Errc::corrupt;
  }
  switch (extended & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return Errc::busy;
  case SQLITE_READONLY:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return Errc::denied;
  case SQLITE_FULL:
    return Errc::no_space;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
  case SQLITE_ERROR: // our SQL is fixed: what does not compile meets a foreign schema
  case SQLITE_SCHEMA:
  case SQLITE_FORMAT:
    return Errc::corrupt;
  case SQLITE_INTERRUPT:
    return Errc::canceled;
  case SQLITE_CANTOPEN:
  case SQLITE_IOERR:
    return sys != 0 ? Error::from_errno(sys, "", "").code : Errc::io;
  default:
    return Errc::io;
  }
}

Error error_of(sqlite3* handle, std::string_view op, std::string path) {
  const int extended = sqlite3_extended_errcode(handle);
  const int primary = extended & 0xff;
  const bool from_system = primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR;
  const int sys = from_system ? sqlite3_system_errno(handle) : 0;
  Error error{code_of(extended, sys), sys, op, std::move(path), {}};
  error.context.emplace_back(sqlite3_errmsg(handle));
  if (extended == SQLITE_READONLY_ROLLBACK) {
    error.context.emplace_back(
        "a run was killed while it wrote; the next run repairs it");
  }
  return error;
}

Error error_of(sqlite3* handle, std::string_view op) {
  const char* path = sqlite3_db_filename(handle, "main");
  return error_of(handle, op, path != nullptr ? path : "");
}

} // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Result<bool> Statement::step() {
  sqlite3* handle = sqlite3_db_handle(statement_.get());
  if (bind_error_ != SQLITE_OK) {
    Error error{Errc::invalid, 0, "sqlite bind", "", {sqlite3_errstr(bind_error_)}};
    return Fail(std::move(error));
  }
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) {
    return true;
  }
  if (code == SQLITE_DONE) {
    return false;
  }
  Error error = error_of(handle, "sqlite step");
  sqlite3_reset(statement_.get());
  return Fail(std::move(error));
}

Result<void> Statement::run() {
  for (;;) {
    TRY_ASSIGN(const bool row, step());
    if (!row) {
      return {};
    }
  }
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  bind_error_ = SQLITE_OK;
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  // As a blob: the same bytes, without a cast from unsigned char.
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? std::string()
                          : std::string(static_cast<const char*>(bytes),
                                        static_cast<std::size_t>(size));
}

std::optional<WallTime> Statement::time(int column) const {
  if (is_null(column)) {
    return std::nullopt;
  }
  // A damaged row must not make a difference overflow.
  const WallTime time{std::chrono::nanoseconds(integer(column))};
  return std::clamp(time, k_too_early, k_too_late);
}

void Statement::put_integer(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), index, value);
  bind_error_ = bind_error_ != SQLITE_OK ? bind_error_ : code;
}

void Statement::put_null(int index) {
  const int code = sqlite3_bind_null(statement_.get(), index);
  bind_error_ = bind_error_ != SQLITE_OK ? bind_error_ : code;
}

void Statement::put(int index, double value) {
  const int code = sqlite3_bind_double(statement_.get(), index, value);
  bind_error_ = bind_error_ != SQLITE_OK ? bind_error_ : code;
}

void Statement::put(int index, std::string_view value) {
  // A null pointer would bind NULL, not empty text.
  const char* bytes = value.data() != nullptr ? value.data() : "";
  const int code = sqlite3_bind_text64(
      statement_.get(), index, bytes, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  bind_error_ = bind_error_ != SQLITE_OK ? bind_error_ : code;
}

void Statement::put(int index, Blob value) {
  const int code = sqlite3_bind_blob64(
      statement_.get(), index, value.bytes.data(), value.bytes.size(), SQLITE_STATIC);
  bind_error_ = bind_error_ != SQLITE_OK ? bind_error_ : code;
}

void Db::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

namespace {

// SQLite opens by path and waits: a FIFO would hold this thread for ever.
Result<void> check_files(const std::string& path) {
  PosixFs fs;
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
    const std::string name = path + suffix;
    const auto stat = fs.lstat(name);
    if (stat && stat->type != FileType::regular) {
      return Fail(Error{Errc::invalid,
                        0,
                        "sqlite open",
                        name,
                        {"not a regular file; move it out of the way"}});
    }
    if (!stat && stat.error().code != Errc::not_found) {
      return Fail(stat.error());
    }
  }
  return {};
}

// A log stands beside it, or SQLite would begin one: it does so to read, too.
Result<bool> has_write_ahead_log(Fs& fs, const std::string& path) {
  constexpr std::size_t k_read_version_at = 19; // of the header
  constexpr std::byte k_with_log{2};
  if (fs.lstat(path + "-wal")) {
    return true;
  }
  TRY_ASSIGN(const FileHandle handle, fs.open_read(path));
  const File file(fs, handle);
  std::array<std::byte, k_read_version_at + 1> header{};
  TRY_ASSIGN(const std::size_t got, fs.read_at(handle, header, 0));
  return got == header.size() && header[k_read_version_at] == k_with_log;
}

// A schema is input, too: views and triggers run what somebody else wrote.
void prepare_handle(sqlite3* handle) {
  sqlite3_extended_result_codes(handle, 1);
  for (const int off : {SQLITE_DBCONFIG_ENABLE_TRIGGER,
                        SQLITE_DBCONFIG_ENABLE_VIEW,
                        SQLITE_DBCONFIG_TRUSTED_SCHEMA}) {
    sqlite3_db_config(handle, off, 0, nullptr);
  }
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  constexpr int k_longest_value = 16 << 20;
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, k_longest_value);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
}

} // namespace

Result<Db> Db::open_empty(const std::string& name) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(":memory:",
                                   &handle,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                                       SQLITE_OPEN_PRIVATECACHE,
                                   nullptr);
  Db db(handle);
  if (code != SQLITE_OK) {
    return Fail(error_of(handle, "sqlite open", name));
  }
  return db;
}

Result<Db> Db::in_memory() {
  TRY_ASSIGN(Db db, open_empty("a database in memory"));
  prepare_handle(db.handle_.get());
  return db;
}

Result<Db> Db::open_snapshot(const std::string& path, std::vector<std::byte> image) {
  TRY_ASSIGN(Db db, open_empty(path));
  sqlite3* handle = db.handle_.get();
  image.reserve(1); // an address, if there is no byte
  db.image_ = std::move(image);
  const auto size = static_cast<sqlite3_int64>(db.image_.size());
  // SQLite writes no byte of what it may only read.
  auto* bytes = reinterpret_cast<unsigned char*>(db.image_.data());
  if (sqlite3_deserialize(
          handle, "main", bytes, size, size, SQLITE_DESERIALIZE_READONLY) != SQLITE_OK) {
    return Fail(error_of(handle, "sqlite open", path));
  }
  prepare_handle(handle);
  return db;
}

Result<Db>
Db::open(const std::string& path, DbMode mode, std::chrono::milliseconds busy_timeout) {
  TRY(check_files(path));
  PosixFs fs;
  if (mode == DbMode::read_only) {
    TRY_ASSIGN(const bool has_log, has_write_ahead_log(fs, path));
    if (has_log) {
      TRY_ASSIGN(std::vector<std::byte> image, read_snapshot(fs, path));
      return open_snapshot(path, std::move(image));
    }
  }
  // Without a symlink anywhere on the way SQLite can be told to follow none.
  TRY_ASSIGN(const std::string dir, fs.real_path(parent_dir(path)));
  const std::string name = join_path(dir, base_name(path));
  const int access =
      mode == DbMode::read_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(),
                                   &handle,
                                   access | SQLITE_OPEN_NOMUTEX |
                                       SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW,
                                   nullptr);
  Db db(handle);
  if (code != SQLITE_OK) {
    return Fail(error_of(handle, "sqlite open", path));
  }
  prepare_handle(handle);
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  // SQLite falls back to reading on its own when it may not write.
  if (mode == DbMode::read_write && sqlite3_db_readonly(handle, "main") == 1) {
    return Fail(
        Error{Errc::denied, 0, "sqlite open", path, {"may be read, not written"}});
  }
  return db;
}

Result<void> Db::exec(const std::string& sql) const {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Fail(error_of(handle_.get(), "sqlite exec"));
  }
  return {};
}

Result<Statement> Db::prepare(std::string_view sql) const {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(
      handle_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  Statement statement(raw);
  if (code != SQLITE_OK) {
    return Fail(error_of(handle_.get(), "sqlite prepare"));
  }
  return statement;
}

std::int64_t Db::last_insert_id() const {
  return sqlite3_last_insert_rowid(handle_.get());
}

std::int64_t Db::changes() const {
  return sqlite3_changes(handle_.get());
}

void Db::stop_after(int steps) const {
  sqlite3_progress_handler(
      handle_.get(), steps, [](void*) { return 1; }, nullptr);
}

bool Db::in_transaction() const {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

Result<Tx> Tx::begin(const Db& db) {
  const bool nested = db.in_transaction();
  TRY(db.exec(nested ? "SAVEPOINT step" : "BEGIN IMMEDIATE"));
  return Tx(db, nested);
}

Tx::~Tx() {
  if (db_ != nullptr && db_->in_transaction()) {
    (void)db_->exec(nested_ ? "ROLLBACK TO step; RELEASE step" : "ROLLBACK");
  }
}

Result<void> Tx::commit() && {
  if (!db_->in_transaction()) {
    db_ = nullptr;
    return Fail(Error{Errc::io, 0, "sqlite commit", "", {"undone by an earlier error"}});
  }
  TRY(db_->exec(nested_ ? "RELEASE step" : "COMMIT"));
  db_ = nullptr;
  return {};
}

} // namespace coldpress
