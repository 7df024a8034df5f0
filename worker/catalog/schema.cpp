#include "worker/catalog/schema.hpp"

#include "fsutil/text.hpp"

#include <array>

namespace coldpress {

namespace {

// Entry n leads from version n to n + 1. Entries are added, never changed.
// Times are nanoseconds since 1970 UTC. No foreign keys: a row that survives its run is
// worth keeping.
constexpr std::array k_migrations = {
    R"sql(
CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  started INTEGER NOT NULL,
  command TEXT NOT NULL,
  pid INTEGER NOT NULL,
  host TEXT NOT NULL,
  generation INTEGER NOT NULL,
  finished INTEGER,
  exit_code INTEGER,
  pressed INTEGER NOT NULL DEFAULT 0,
  skipped INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  writer_arrived INTEGER NOT NULL DEFAULT 0,
  reaped INTEGER NOT NULL DEFAULT 0,
  recovered INTEGER NOT NULL DEFAULT 0,
  bytes_before INTEGER NOT NULL DEFAULT 0,
  bytes_after INTEGER NOT NULL DEFAULT 0,
  not_freed_bytes INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE files (
  rollout TEXT PRIMARY KEY NOT NULL,
  run_id INTEGER NOT NULL,
  pressed INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  device INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  size INTEGER NOT NULL,
  mtime INTEGER NOT NULL,
  ctime INTEGER NOT NULL,
  mode INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  gid INTEGER NOT NULL,
  links INTEGER NOT NULL,
  plain_bytes INTEGER NOT NULL,
  compressed_bytes INTEGER NOT NULL,
  hash TEXT NOT NULL,
  level INTEGER NOT NULL,
  window_log INTEGER NOT NULL,
  verified TEXT NOT NULL,
  blocked_us INTEGER NOT NULL,
  seconds REAL NOT NULL,
  error_code TEXT NOT NULL,
  error_errno INTEGER NOT NULL,
  error_op TEXT NOT NULL,
  error_path TEXT NOT NULL,
  error_text TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  no_gain INTEGER NOT NULL,
  retry_at INTEGER,
  hold_until INTEGER,
  updated INTEGER NOT NULL
);
CREATE TABLE publications (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL,
  rollout TEXT NOT NULL,
  blocked_us INTEGER NOT NULL,
  at INTEGER NOT NULL
);
)sql",
    // What a pass asks for must not cost more with every rollout that was ever
    // compressed: an index over the few rows that Memory is made of, the sums by size
    // class, and the pages of HeadMemory.
    R"sql(
CREATE INDEX files_remembered ON files (rollout)
  WHERE no_gain <> 0 OR retry_at IS NOT NULL OR hold_until IS NOT NULL;
CREATE TABLE achieved (
  size_class INTEGER PRIMARY KEY,
  plain_bytes INTEGER NOT NULL,
  compressed_bytes INTEGER NOT NULL
);
INSERT INTO achieved
  WITH RECURSIVE classes(nth, least) AS (
    VALUES (1, 1) UNION ALL SELECT nth + 1, least * 2 FROM classes WHERE nth < 62)
  SELECT nth, sum(plain_bytes), sum(compressed_bytes)
  FROM files JOIN classes ON plain_bytes BETWEEN least AND least * 2 - 1
  WHERE pressed GROUP BY nth;
CREATE TABLE head_pages (
  number INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
);
)sql",
    // A frame of ours was verified when it was made; the verifications are of any .zst,
    // whoever made it. The outcomes never fall, whatever becomes of the rows they come
    // from.
    R"sql(
ALTER TABLE files ADD COLUMN predicted_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN verified_at INTEGER;
UPDATE files SET verified_at = updated WHERE pressed AND verified <> '';
CREATE TABLE verifications (
  rollout TEXT PRIMARY KEY NOT NULL,
  at INTEGER NOT NULL,
  ok INTEGER NOT NULL,
  frame_bytes INTEGER NOT NULL,
  frame_mtime INTEGER NOT NULL,
  plain_bytes INTEGER NOT NULL,
  hash TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE TABLE outcomes (
  outcome TEXT PRIMARY KEY NOT NULL,
  count INTEGER NOT NULL
);
INSERT INTO outcomes SELECT 'pressed', ifnull(sum(pressed), 0) FROM runs;
INSERT INTO outcomes SELECT 'failed', ifnull(sum(failed), 0) FROM runs;
INSERT INTO outcomes SELECT 'writer_arrived', ifnull(sum(writer_arrived), 0) FROM runs;
INSERT INTO outcomes SELECT 'reaped', ifnull(sum(reaped), 0) FROM runs;
INSERT INTO outcomes SELECT 'recovered', ifnull(sum(recovered), 0) FROM runs;
)sql",
    // The words of the first releases give way to those of every other compressor.
    R"sql(
ALTER TABLE runs RENAME COLUMN pressed TO compressed;
ALTER TABLE files RENAME COLUMN pressed TO compressed;
UPDATE files SET outcome = 'compressed' WHERE outcome = 'pressed';
UPDATE files SET outcome = 'recompressed' WHERE outcome = 'repressed';
INSERT INTO outcomes (outcome, count)
  SELECT 'compressed', count FROM outcomes WHERE outcome = 'pressed'
  ON CONFLICT (outcome) DO UPDATE SET count = count + excluded.count;
INSERT INTO outcomes (outcome, count)
  SELECT 'recompressed', count FROM outcomes WHERE outcome = 'repressed'
  ON CONFLICT (outcome) DO UPDATE SET count = count + excluded.count;
DELETE FROM outcomes WHERE outcome IN ('pressed', 'repressed');
)sql",
};

// A file that merely has our version number fails here, not in the middle of a pass.
constexpr std::array k_probes = {
    "SELECT id, finished, not_freed_bytes FROM runs LIMIT 0",
    "SELECT rollout, compressed, attempts, retry_at, hold_until, updated FROM files "
    "LIMIT 0",
    "SELECT predicted_bytes, verified_at FROM files LIMIT 0",
    "SELECT id, run_id, rollout, blocked_us, at FROM publications LIMIT 0",
    "SELECT rollout FROM files INDEXED BY files_remembered "
    "WHERE no_gain <> 0 OR retry_at IS NOT NULL OR hold_until IS NOT NULL LIMIT 0",
    "SELECT size_class, plain_bytes, compressed_bytes FROM achieved LIMIT 0",
    "SELECT number, bytes FROM head_pages LIMIT 0",
    "SELECT rollout, at, ok, frame_bytes, hash FROM verifications LIMIT 0",
    "SELECT outcome, count FROM outcomes LIMIT 0",
};

} // namespace

int newest_schema() {
  return static_cast<int>(k_migrations.size());
}

Result<int> read_schema_version(const Db& db) {
  TRY_ASSIGN(Statement query, db.prepare("PRAGMA user_version"));
  TRY(query.step());
  const auto version = static_cast<int>(query.integer(0));
  if (version < 0) {
    return Fail(
        Error{Errc::corrupt, 0, "ledger version", "", {"not a ledger of coldpress"}});
  }
  if (version > newest_schema()) {
    return Fail(Error{Errc::unsupported,
                      0,
                      "ledger version",
                      "",
                      {fmt::format("the ledger has version {}, this program supports up "
                                   "to {}; use the newer program, or delete the ledger",
                                   version,
                                   newest_schema())}});
  }
  return version;
}

Result<void> migrate(const Db& db) {
  TRY_ASSIGN(Tx tx, Tx::begin(db));
  // Read again inside: another process may have been quicker.
  TRY_ASSIGN(const int version, read_schema_version(db));
  for (auto next = static_cast<std::size_t>(version); next < k_migrations.size();
       ++next) {
    TRY(db.exec(k_migrations.at(next)));
  }
  TRY(db.exec(fmt::format("PRAGMA user_version = {}", newest_schema())));
  return std::move(tx).commit();
}

Result<void> check_pages(const Db& db) {
  TRY_ASSIGN(Statement query, db.prepare("PRAGMA quick_check(1)"));
  TRY(query.step());
  if (const std::string found = query.text(0); found != "ok") {
    return Fail(Error{Errc::corrupt, 0, "ledger check", "", {found}});
  }
  return {};
}

Result<void> check_tables(const Db& db) {
  for (const char* probe : k_probes) {
    TRY(db.prepare(probe));
  }
  return {};
}

} // namespace coldpress
