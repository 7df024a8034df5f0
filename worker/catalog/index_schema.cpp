#include "worker/catalog/index_schema.hpp"

#include "fsutil/text.hpp"

#include <array>

namespace coldpress {

namespace {

constexpr std::int64_t k_application = 0x63704978; // "cpIx"

// A rollout goes by its file name: a compressed, restored or archived one is the same.
// `read_*` is how far its lines have been taken; all other tables of the rollout are as
// of that byte, for they change in the same transaction.
constexpr const char* k_tables = R"sql(
CREATE TABLE rollouts (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  dir TEXT NOT NULL,
  archived INTEGER NOT NULL,
  compressed INTEGER NOT NULL,
  device INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  size INTEGER NOT NULL,
  disk INTEGER NOT NULL,
  mtime INTEGER NOT NULL,
  ctime INTEGER NOT NULL,
  read_offset INTEGER NOT NULL DEFAULT 0,
  read_line INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0,
  problem TEXT NOT NULL DEFAULT '',
  thread TEXT NOT NULL,
  newest INTEGER NOT NULL DEFAULT 1,
  rollout TEXT NOT NULL,
  forked_from TEXT NOT NULL DEFAULT '',
  base_rollout TEXT NOT NULL DEFAULT '',
  base_byte INTEGER NOT NULL DEFAULT 0,
  base_ordinal INTEGER NOT NULL DEFAULT 0,
  mode TEXT NOT NULL DEFAULT '',
  project TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL DEFAULT '',
  version TEXT NOT NULL DEFAULT '',
  begun INTEGER,
  preview TEXT NOT NULL DEFAULT '',
  tokens INTEGER NOT NULL DEFAULT 0,
  refused TEXT NOT NULL DEFAULT '',
  turns INTEGER NOT NULL DEFAULT 0,
  failed_turns INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL DEFAULT '',
  unreadable INTEGER NOT NULL DEFAULT 0,
  skipped INTEGER NOT NULL DEFAULT 0,
  unknown TEXT NOT NULL DEFAULT ''
);
CREATE TABLE dirs (
  dir TEXT PRIMARY KEY,
  device INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  mtime INTEGER NOT NULL,
  ctime INTEGER NOT NULL,
  settled INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX rollouts_by_dir ON rollouts (dir);
CREATE INDEX rollouts_plain ON rollouts (name) WHERE NOT compressed;
CREATE INDEX rollouts_by_thread ON rollouts (thread, name);
CREATE INDEX rollouts_by_rollout ON rollouts (rollout);
CREATE INDEX rollouts_by_mtime ON rollouts (newest, mtime);
CREATE INDEX rollouts_sums ON rollouts (newest, read_offset, unread, disk);
CREATE INDEX rollouts_by_fork ON rollouts (forked_from) WHERE forked_from <> '';
CREATE INDEX rollouts_by_base ON rollouts (base_rollout) WHERE base_rollout <> '';
CREATE TABLE checkpoints (
  rollout INTEGER PRIMARY KEY,
  history BLOB,
  digests BLOB NOT NULL
);
CREATE TABLE turns (
  rollout INTEGER NOT NULL,
  number INTEGER NOT NULL,
  id TEXT NOT NULL,
  implicit INTEGER NOT NULL,
  listed INTEGER NOT NULL,
  status TEXT NOT NULL,
  error TEXT,
  error_kind TEXT,
  error_detail TEXT,
  error_line INTEGER NOT NULL,
  started_at INTEGER,
  completed_at INTEGER,
  duration_ms INTEGER,
  items INTEGER NOT NULL,
  user_messages INTEGER NOT NULL,
  agent_messages INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  first_user TEXT NOT NULL,
  last_answer TEXT NOT NULL,
  last_plain TEXT NOT NULL,
  first_line INTEGER NOT NULL,
  first_offset INTEGER NOT NULL,
  first_ordinal INTEGER NOT NULL,
  last_line INTEGER,
  last_offset INTEGER,
  last_ordinal INTEGER,
  PRIMARY KEY (rollout, number)
) WITHOUT ROWID;
CREATE TABLE items (
  id INTEGER PRIMARY KEY,
  rollout INTEGER NOT NULL,
  turn INTEGER NOT NULL,
  item TEXT NOT NULL,
  type TEXT NOT NULL,
  status TEXT NOT NULL,
  phase TEXT NOT NULL,
  exit_code INTEGER,
  cut INTEGER NOT NULL,
  first_line INTEGER NOT NULL,
  first_offset INTEGER NOT NULL,
  first_ordinal INTEGER NOT NULL,
  last_line INTEGER NOT NULL,
  last_offset INTEGER NOT NULL,
  last_ordinal INTEGER NOT NULL,
  piece INTEGER NOT NULL,
  piece_at INTEGER NOT NULL,
  length INTEGER NOT NULL
);
CREATE UNIQUE INDEX items_by_key ON items (rollout, turn, item);
CREATE TABLE item_turns (
  rollout INTEGER NOT NULL,
  turn INTEGER NOT NULL,
  status TEXT NOT NULL,
  error_line INTEGER NOT NULL,
  PRIMARY KEY (rollout, turn)
) WITHOUT ROWID;
CREATE TABLE lifecycle (
  rollout INTEGER NOT NULL,
  nth INTEGER NOT NULL,
  kind TEXT NOT NULL,
  error_line INTEGER NOT NULL,
  turn INTEGER NOT NULL,
  turn_id TEXT NOT NULL,
  line INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  removed TEXT NOT NULL,
  PRIMARY KEY (rollout, nth)
) WITHOUT ROWID;
CREATE TABLE pieces (
  id INTEGER PRIMARY KEY,
  rollout INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  frame BLOB NOT NULL
);
CREATE INDEX pieces_by_rollout ON pieces (rollout);
CREATE VIRTUAL TABLE words USING fts5(
  text, content='', columnsize=0, tokenize='unicode61 remove_diacritics 2');
INSERT INTO words (words, rank) VALUES ('hashsize', 8388608);
)sql";

constexpr std::array k_probes = {
    "SELECT id, name, read_offset, problem, thread, newest, unknown FROM rollouts LIMIT "
    "0",
    "SELECT dir, device, inode, mtime, ctime, settled FROM dirs LIMIT 0",
    "SELECT rollout, history, digests FROM checkpoints LIMIT 0",
    "SELECT rollout, number, listed, last_ordinal FROM turns LIMIT 0",
    "SELECT id, rollout, turn, item, piece, piece_at, length FROM items LIMIT 0",
    "SELECT rollout, turn, status FROM item_turns LIMIT 0",
    "SELECT rollout, nth, kind, removed FROM lifecycle LIMIT 0",
    "SELECT id, rollout, bytes, frame FROM pieces LIMIT 0",
    "SELECT rowid FROM words LIMIT 0",
};

Result<std::int64_t> number(const Db& db, std::string_view query) {
  TRY_ASSIGN(Statement statement, db.prepare(query));
  TRY(statement.step());
  return statement.integer(0);
}

} // namespace

Result<IndexFile> index_file_kind(const Db& db) {
  TRY_ASSIGN(const std::int64_t application, number(db, "PRAGMA application_id"));
  TRY_ASSIGN(const std::int64_t version, number(db, "PRAGMA user_version"));
  TRY_ASSIGN(const std::int64_t tables, number(db, "SELECT count(*) FROM sqlite_master"));
  if (application == 0 && version == 0 && tables == 0) {
    return IndexFile::empty;
  }
  if (application != k_application || version < 1) {
    return Fail(
        Error{Errc::corrupt, 0, "index version", "", {"not an index of coldpress"}});
  }
  if (version > k_index_version) {
    return Fail(Error{Errc::unsupported,
                      0,
                      "index version",
                      "",
                      {fmt::format("the index has version {}, this program supports {}; "
                                   "use the newer program, or drop the index with it",
                                   version,
                                   k_index_version)}});
  }
  return version == k_index_version ? IndexFile::ours : IndexFile::older;
}

Result<void> create_index(const Db& db) {
  TRY_ASSIGN(Tx tx, Tx::begin(db));
  // Read again inside: another process may have been quicker.
  TRY_ASSIGN(const IndexFile kind, index_file_kind(db));
  if (kind == IndexFile::empty) {
    TRY(db.exec(k_tables));
    TRY(db.exec(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                            k_application,
                            k_index_version)));
  }
  return std::move(tx).commit();
}

Result<void> tune_index(const Db& db) {
  // What is deleted is text of conversations.
  return db.exec("PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; "
                 "PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY");
}

Result<void> check_index_tables(const Db& db) {
  for (const char* probe : k_probes) {
    TRY(db.prepare(probe));
  }
  return {};
}

} // namespace coldpress
