#include "worker/catalog/ledger.hpp"

namespace coldpress {

namespace {

constexpr std::int64_t k_runs_kept = 10'000;

constexpr std::string_view k_insert_run = "INSERT INTO runs (started, command, pid, "
                                          "host, generation) VALUES (?1, ?2, ?3, ?4, ?5)";

constexpr std::string_view k_finish_run =
    "UPDATE runs SET finished = ?2, exit_code = ?3, compressed = ?4, skipped = ?5, "
    "failed = ?6, writer_arrived = ?7, reaped = ?8, recovered = ?9, bytes_before = ?10, "
    "bytes_after = ?11, not_freed_bytes = ?12 WHERE id = ?1";

constexpr std::string_view k_select_runs =
    "SELECT id, started, command, pid, host, generation, finished, exit_code, "
    "compressed, "
    "skipped, failed, writer_arrived, reaped, recovered, bytes_before, bytes_after, "
    "not_freed_bytes FROM runs ORDER BY id DESC LIMIT ?1";

RunEnd read_end(const Statement& row, WallTime finished) {
  return RunEnd{.finished = finished,
                .exit_code = static_cast<int>(row.integer(7)),
                .compressed = row.count(8),
                .skipped = row.count(9),
                .failed = row.count(10),
                .writer_arrived = row.count(11),
                .reaped = row.count(12),
                .recovered = row.count(13),
                .bytes_before = row.count(14),
                .bytes_after = row.count(15),
                .not_freed_bytes = row.count(16)};
}

RunRow read_run(const Statement& row) {
  RunRow run;
  run.id = row.integer(0);
  run.start = RunStart{.started = row.time(1).value_or(WallTime{}),
                       .command = row.text(2),
                       .pid = row.integer(3),
                       .host = row.text(4),
                       .generation = row.count(5)};
  if (const auto finished = row.time(6)) {
    run.end = read_end(row, *finished);
  }
  return run;
}

} // namespace

Result<std::int64_t> Ledger::begin_run(const RunStart& start) {
  TRY_ASSIGN(Tx tx, Tx::begin(db_));
  TRY_ASSIGN(Statement insert, db_.prepare(k_insert_run));
  insert.bind(start.started, start.command, start.pid, start.host, start.generation);
  TRY(insert.run());
  const std::int64_t id = db_.last_insert_id();
  TRY_ASSIGN(Statement prune, db_.prepare("DELETE FROM runs WHERE id <= ?1"));
  prune.bind(id - k_runs_kept);
  TRY(prune.run());
  TRY(std::move(tx).commit());
  return id;
}

Result<void> Ledger::finish_run(std::int64_t id, const RunEnd& end) {
  TRY_ASSIGN(Statement update, db_.prepare(k_finish_run));
  update.bind(id,
              end.finished,
              end.exit_code,
              end.compressed,
              end.skipped,
              end.failed,
              end.writer_arrived,
              end.reaped,
              end.recovered,
              end.bytes_before,
              end.bytes_after,
              end.not_freed_bytes);
  TRY(update.run());
  if (db_.changes() == 0) {
    return Fail(Error{Errc::not_found, 0, "finish run", "", {"no such run"}});
  }
  return {};
}

Result<std::vector<RunRow>> Ledger::recent_runs(std::size_t count) const {
  TRY_ASSIGN(Statement query, db_.prepare(k_select_runs));
  query.bind(count);
  std::vector<RunRow> runs;
  for (;;) {
    TRY_ASSIGN(const bool found, query.step());
    if (!found) {
      return runs;
    }
    runs.push_back(read_run(query));
  }
}

} // namespace coldpress
