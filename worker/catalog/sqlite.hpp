#pragma once

#include "fsutil/clock.hpp"
#include "fsutil/result.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace coldpress {

enum class DbMode : std::uint8_t {
  // Makes no file beside it: a database with a write-ahead log is read as a snapshot.
  read_only,
  read_write,
};

// Bytes that are no text. The owner keeps them until the statement has run.
struct Blob {
  std::string_view bytes;
};

// A compiled statement. Must not outlive its Db. Used by one thread at a time.
class Statement {
public:
  // Values for ?1, ?2, ... in this order: integers, bool, double, text, Blob, WallTime
  // (nanoseconds), and std::optional of these (NULL when empty). Text is copied. What
  // goes wrong here is told by step().
  template <class... T> void bind(const T&... values) {
    int index = 1;
    (put(index++, values), ...);
  }

  // The same of values that are known at run time only.
  template <class... T> void bind_all(const std::vector<std::variant<T...>>& values) {
    int index = 1;
    for (const auto& value : values) {
      std::visit([&](const auto& one) { put(index++, one); }, value);
    }
  }

  // True: a row stands ready for the column readers. False: done.
  Result<bool> step();
  // Steps to the end and drops rows.
  Result<void> run();
  // To bind and run it once more.
  void reset();

  // Columns count from 0. NULL reads as 0 or as empty text.
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::uint64_t count(int column) const {
    return static_cast<std::uint64_t>(integer(column));
  }
  double real(int column) const;
  std::string text(int column) const; // of a Blob: its bytes
  std::optional<WallTime> time(int column) const;

private:
  friend class Db;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  void put_integer(int index, std::int64_t value);
  void put_null(int index);
  void put(int index, double value);
  void put(int index, std::string_view value);
  void put(int index, Blob value);
  void put(int index, WallTime value) {
    put_integer(index, value.time_since_epoch().count());
  }
  template <std::integral T> void put(int index, T value) {
    put_integer(index, static_cast<std::int64_t>(value));
  }
  template <class T> void put(int index, const std::optional<T>& value) {
    if (value) {
      put(index, *value);
    } else {
      put_null(index);
    }
  }

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_error_ = 0; // SQLite's code of the first failed put, 0 if none
};

// An open database. Used by one thread at a time; never carried over a fork.
//
// Errors: busy (another process holds a lock for longer than `busy_timeout`, or a killed
// one left a journal that a read-only connection may not replay), denied, no_space, io,
// corrupt (no database, damaged, or with tables that are not ours), not_found, invalid
// (it or a file of SQLite's beside it is not a regular file). The context is what SQLite
// says.
//
// In mode read_only also invalid for a snapshot that is too large: see wal_snapshot.hpp.
//
// Triggers and views of the database never run, nor does a symlink lead to one.
class Db {
public:
  // The file must exist; it is not created. In mode read_write a file that can only be
  // read is Errc::denied.
  static Result<Db> open(const std::string& path,
                         DbMode mode,
                         std::chrono::milliseconds busy_timeout = std::chrono::seconds{
                             5});

  // One of its own in memory, gone with it.
  static Result<Db> in_memory();

  // Runs one or more statements; rows are dropped.
  Result<void> exec(const std::string& sql) const;
  Result<Statement> prepare(std::string_view sql) const;

  std::int64_t last_insert_id() const;
  // Rows touched by the last INSERT, UPDATE or DELETE.
  std::int64_t changes() const;
  bool in_transaction() const;
  // A statement that takes more of SQLite's steps ends with Errc::canceled: of a database
  // that somebody else made. A second of work is some ten million.
  void stop_after(int steps) const;

private:
  explicit Db(sqlite3* handle) : handle_(handle) {}
  static Result<Db> open_empty(const std::string& name);
  static Result<Db> open_snapshot(const std::string& path, std::vector<std::byte> image);
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::vector<std::byte> image_; // what a snapshot is read from: goes after the handle
  std::unique_ptr<sqlite3, Close> handle_;
};

// A write transaction, or a step of the one already open: undone when it goes out of
// scope uncommitted. The Db must stay where it is meanwhile.
class Tx {
public:
  static Result<Tx> begin(const Db& db);
  Tx(Tx&& other) noexcept
      : db_(std::exchange(other.db_, nullptr)), nested_(other.nested_) {}
  Tx& operator=(Tx&&) = delete;
  ~Tx();

  // Errc::io also if SQLite had to undo the whole transaction before (disk full and the
  // like). A committed step is durable only with the transaction around it.
  Result<void> commit() &&;

private:
  Tx(const Db& db, bool nested) : db_(&db), nested_(nested) {}
  const Db* db_;
  bool nested_;
};

} // namespace coldpress
