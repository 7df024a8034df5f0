#include "worker/catalog/ledger.hpp"

#include "worker/catalog/counter_tables.hpp"
#include "worker/catalog/file_table.hpp"
#include "worker/catalog/known_tables.hpp"
#include "worker/catalog/schema.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::int64_t k_publications_kept = 100'000;

constexpr std::string_view k_insert_publication =
    "INSERT INTO publications (run_id, rollout, blocked_us, at) VALUES (?1, ?2, ?3, ?4)";

constexpr std::string_view k_totals =
    "SELECT count(*), sum(plain_bytes), sum(compressed_bytes), sum(predicted_bytes), "
    "sum(iif(predicted_bytes > 0, compressed_bytes, 0)) FROM files WHERE compressed";

constexpr std::string_view k_compressed =
    "SELECT rollout, plain_bytes, compressed_bytes FROM files WHERE compressed";

// Of a sorted, non-empty list.
std::uint64_t nearest_rank(const std::vector<std::uint64_t>& sorted,
                           std::size_t percent) {
  const std::size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

} // namespace

Result<void> Ledger::in_transaction(const std::function<Result<void>(Ledger&)>& work) {
  TRY_ASSIGN(Tx tx, Tx::begin(db_));
  TRY(work(*this));
  return std::move(tx).commit();
}

Result<void> Ledger::record(std::int64_t run_id, const Outcome& outcome, WallTime now) {
  TRY_ASSIGN(Tx tx, Tx::begin(db_));
  TRY_ASSIGN(auto before, file(outcome.rollout));
  TRY(write_file_row(
      db_, row_after(std::move(before).value_or(FileRow{}), outcome, run_id, now)));
  if (outcome.kind == OutcomeKind::compressed ||
      outcome.kind == OutcomeKind::recompressed ||
      outcome.kind == OutcomeKind::writer_arrived) {
    TRY(add_publication(run_id, outcome, now));
  }
  TRY(count_outcome(db_, name_of(outcome.kind)));
  if (outcome.kind == OutcomeKind::compressed) {
    TRY(add_achieved(db_, outcome.bytes_before, outcome.bytes_after));
  }
  if (outcome.reason == Reason::changed) {
    TRY(forget_head(db_, head_key(outcome.rollout, outcome.stamp)));
  }
  return std::move(tx).commit();
}

Result<void>
Ledger::begin_work(std::int64_t run_id, const std::string& rollout, WallTime now) {
  TRY_ASSIGN(Tx tx, Tx::begin(db_));
  TRY_ASSIGN(auto before, file(rollout));
  TRY(write_file_row(
      db_, row_begun(std::move(before).value_or(FileRow{}), rollout, run_id, now)));
  return std::move(tx).commit();
}

Result<void>
Ledger::add_publication(std::int64_t run_id, const Outcome& outcome, WallTime now) {
  TRY_ASSIGN(Statement insert, db_.prepare(k_insert_publication));
  insert.bind(run_id, outcome.rollout, outcome.blocked_us, now);
  TRY(insert.run());
  TRY_ASSIGN(Statement prune, db_.prepare("DELETE FROM publications WHERE id <= ?1"));
  prune.bind(db_.last_insert_id() - k_publications_kept);
  return prune.run();
}

Result<void> Ledger::hold(const std::string& rollout, WallTime until) {
  TRY_ASSIGN(Tx tx, Tx::begin(db_));
  TRY_ASSIGN(auto known, file(rollout));
  FileRow row = std::move(known).value_or(FileRow{});
  row.rollout = rollout;
  row.hold_until = until;
  TRY(write_file_row(db_, row));
  return std::move(tx).commit();
}

Result<std::optional<FileRow>> Ledger::file(const std::string& rollout) const {
  return read_file_row(db_, rollout);
}

Result<Known> Ledger::known() const {
  Known known;
  TRY_ASSIGN(known.memory, read_memory(db_));
  TRY_ASSIGN(known.heads, read_heads(db_));
  TRY_ASSIGN(known.achieved, read_achieved(db_));
  TRY_ASSIGN(known.own, read_own_frames(db_));
  return known;
}

Result<void> Ledger::write_heads(const std::vector<HeadPage>& pages) {
  TRY_ASSIGN(Tx tx, Tx::begin(db_));
  TRY(write_head_pages(db_, pages));
  return std::move(tx).commit();
}

Result<Totals> Ledger::totals() const {
  TRY_ASSIGN(Statement query, db_.prepare(k_totals));
  TRY(query.step());
  return Totals{.compressed = query.count(0),
                .bytes_before = query.count(1),
                .bytes_after = query.count(2),
                .predicted = query.count(3),
                .predicted_after = query.count(4)};
}

Result<std::vector<FileRow>> Ledger::troubled(std::size_t count) const {
  return read_troubled_rows(db_, count);
}

Result<void> Ledger::check() const {
  return check_pages(db_);
}

Result<std::vector<LedgerRollout>> Ledger::compressed() const {
  TRY_ASSIGN(Statement query, db_.prepare(k_compressed));
  std::vector<LedgerRollout> rollouts;
  for (;;) {
    TRY_ASSIGN(const bool found, query.step());
    if (!found) {
      return rollouts;
    }
    rollouts.push_back({query.text(0), query.count(1), query.count(2)});
  }
}

Result<BlockedTimes> Ledger::blocked_times() const {
  TRY_ASSIGN(Statement query,
             db_.prepare("SELECT blocked_us FROM publications ORDER BY blocked_us"));
  std::vector<std::uint64_t> sorted;
  for (;;) {
    TRY_ASSIGN(const bool found, query.step());
    if (!found) {
      break;
    }
    sorted.push_back(query.count(0));
  }
  if (sorted.empty()) {
    return BlockedTimes{};
  }
  return BlockedTimes{.count = sorted.size(),
                      .p50_us = nearest_rank(sorted, 50),
                      .p99_us = nearest_rank(sorted, 99),
                      .max_us = sorted.back()};
}

} // namespace coldpress
