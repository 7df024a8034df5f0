#include "worker/catalog/ledger.hpp"

namespace coldpress {

namespace {

constexpr std::string_view k_replace =
    "INSERT OR REPLACE INTO verifications (rollout, at, ok, frame_bytes, frame_mtime, "
    "plain_bytes, hash, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

constexpr std::string_view k_touch =
    "UPDATE files SET verified_at = ?2 WHERE rollout = ?1 AND compressed";

// What was put right, as from a backup, is no failure any more.
constexpr std::string_view k_settle =
    "UPDATE files SET attempts = 0, retry_at = NULL, error_code = '', error_errno = 0, "
    "error_op = '', error_path = '', error_text = '' "
    "WHERE rollout = ?1 AND error_code = ?2";

// A frame of ours has the mtime of its plain file, and was verified when it was made.
constexpr std::string_view k_select =
    "SELECT rollout, coalesce(verified_at, 0), 1, compressed_bytes, mtime, plain_bytes, "
    "hash, '' FROM files WHERE compressed "
    "UNION ALL "
    "SELECT rollout, at, ok, frame_bytes, frame_mtime, plain_bytes, hash, detail "
    "FROM verifications";

Verification read_row(const Statement& row) {
  return Verification{.rollout = row.text(0),
                      .at = row.time(1).value_or(WallTime{}),
                      .ok = row.integer(2) != 0,
                      .frame_bytes = row.count(3),
                      .frame_mtime = row.time(4).value_or(WallTime{}),
                      .plain_bytes = row.count(5),
                      .hash = row.text(6),
                      .detail = row.text(7)};
}

} // namespace

Result<void> Ledger::set_verified(const Verification& seen) {
  TRY_ASSIGN(Tx tx, Tx::begin(db_));
  TRY_ASSIGN(Statement replace, db_.prepare(k_replace));
  replace.bind(seen.rollout,
               seen.at,
               seen.ok,
               seen.frame_bytes,
               seen.frame_mtime,
               seen.plain_bytes,
               seen.hash,
               seen.detail);
  TRY(replace.run());
  if (seen.ok) {
    TRY_ASSIGN(Statement touch, db_.prepare(k_touch));
    touch.bind(seen.rollout, seen.at);
    TRY(touch.run());
    TRY_ASSIGN(Statement settle, db_.prepare(k_settle));
    settle.bind(seen.rollout, name_of(Errc::corrupt));
    TRY(settle.run());
  }
  return std::move(tx).commit();
}

Result<void> Ledger::forget_verified(const std::vector<std::string>& rollouts) {
  TRY_ASSIGN(Tx tx, Tx::begin(db_));
  for (const std::string& rollout : rollouts) {
    TRY_ASSIGN(Statement forget,
               db_.prepare("DELETE FROM verifications WHERE rollout = ?1"));
    forget.bind(rollout);
    TRY(forget.run());
  }
  return std::move(tx).commit();
}

Result<Verifications> Ledger::verifications() const {
  TRY_ASSIGN(Statement query, db_.prepare(k_select));
  Verifications all;
  for (;;) {
    TRY_ASSIGN(const bool found, query.step());
    if (!found) {
      return all;
    }
    Verification row = read_row(query);
    Verification& kept = all[row.rollout];
    if (row.at >= kept.at) { // later rows are those of `verifications`
      kept = std::move(row);
    }
  }
}

} // namespace coldpress
