#include "worker/catalog/file_table.hpp"

namespace coldpress {

namespace {

#define COLDPRESS_FILE_COLUMNS                                                           \
  "rollout, run_id, compressed, outcome, reason, detail, "                               \
  "device, inode, size, mtime, ctime, mode, uid, gid, links, "                           \
  "plain_bytes, compressed_bytes, hash, level, window_log, verified, blocked_us, "       \
  "seconds, error_code, error_errno, error_op, error_path, error_text, "                 \
  "attempts, no_gain, retry_at, hold_until, updated, predicted_bytes, verified_at"

constexpr std::string_view k_select =
    "SELECT " COLDPRESS_FILE_COLUMNS " FROM files WHERE rollout = ?1";

constexpr std::string_view k_troubled =
    "SELECT " COLDPRESS_FILE_COLUMNS " FROM files "
    "WHERE attempts > 0 OR outcome = 'conflict' "
    "ORDER BY attempts DESC, updated DESC, rollout LIMIT ?1";

constexpr std::string_view k_replace =
    "INSERT OR REPLACE INTO files (" COLDPRESS_FILE_COLUMNS ") VALUES ("
    "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
    "?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, "
    "?35)";

#undef COLDPRESS_FILE_COLUMNS

FileRow row_of(const Statement& from) {
  return FileRow{
      .rollout = from.text(0),
      .run_id = from.integer(1),
      .compressed = from.integer(2) != 0,
      .outcome = from.text(3),
      .reason = from.text(4),
      .detail = from.text(5),
      .stamp = read_stamp(from, 6),
      .plain_bytes = from.count(15),
      .compressed_bytes = from.count(16),
      .hash = from.text(17),
      .level = static_cast<int>(from.integer(18)),
      .window_log = static_cast<int>(from.integer(19)),
      .verified = from.text(20),
      .blocked_us = from.count(21),
      .seconds = from.real(22),
      .error = RecordedError{.code = from.text(23),
                             .sys = static_cast<int>(from.integer(24)),
                             .op = from.text(25),
                             .path = from.text(26),
                             .text = from.text(27)},
      .attempts = static_cast<int>(from.integer(28)),
      .no_gain = from.integer(29) != 0,
      .retry_at = from.time(30),
      .hold_until = from.time(31),
      .updated = from.time(32).value_or(WallTime{}),
      .predicted_bytes = from.count(33),
      .verified_at = from.time(34),
  };
}

} // namespace

FileStamp read_stamp(const Statement& row, int first) {
  const auto small = [&row, first](int nth) {
    return static_cast<std::uint32_t>(row.integer(first + nth));
  };
  return FileStamp{.device = row.count(first),
                   .inode = row.count(first + 1),
                   .size = row.count(first + 2),
                   .mtime = row.time(first + 3).value_or(WallTime{}),
                   .ctime = row.time(first + 4).value_or(WallTime{}),
                   .mode = small(5),
                   .uid = small(6),
                   .gid = small(7),
                   .links = row.count(first + 8)};
}

Result<std::optional<FileRow>> read_file_row(const Db& db, const std::string& rollout) {
  TRY_ASSIGN(Statement query, db.prepare(k_select));
  query.bind(rollout);
  TRY_ASSIGN(const bool found, query.step());
  return found ? std::optional<FileRow>(row_of(query)) : std::nullopt;
}

Result<std::vector<FileRow>> read_troubled_rows(const Db& db, std::size_t count) {
  TRY_ASSIGN(Statement query, db.prepare(k_troubled));
  query.bind(count);
  std::vector<FileRow> rows;
  for (;;) {
    TRY_ASSIGN(const bool found, query.step());
    if (!found) {
      return rows;
    }
    rows.push_back(row_of(query));
  }
}

Result<void> write_file_row(const Db& db, const FileRow& row) {
  TRY_ASSIGN(Statement replace, db.prepare(k_replace));
  const FileStamp& stamp = row.stamp;
  const RecordedError& error = row.error;
  replace.bind(row.rollout,
               row.run_id,
               row.compressed,
               row.outcome,
               row.reason,
               row.detail,
               stamp.device,
               stamp.inode,
               stamp.size,
               stamp.mtime,
               stamp.ctime,
               stamp.mode,
               stamp.uid,
               stamp.gid,
               stamp.links,
               row.plain_bytes,
               row.compressed_bytes,
               row.hash,
               row.level,
               row.window_log,
               row.verified,
               row.blocked_us,
               row.seconds,
               error.code,
               error.sys,
               error.op,
               error.path,
               error.text,
               row.attempts,
               row.no_gain,
               row.retry_at,
               row.hold_until,
               row.updated,
               row.predicted_bytes,
               row.verified_at);
  return replace.run();
}

} // namespace coldpress
