#include "worker/catalog/counter_tables.hpp"

#include "worker/catalog/ledger.hpp"

namespace coldpress {

namespace {

constexpr std::string_view k_count_outcome =
    "INSERT INTO outcomes (outcome, count) VALUES (?1, 1) "
    "ON CONFLICT (outcome) DO UPDATE SET count = count + 1";

// Ids of runs only grow, also where the oldest rows are dropped.
constexpr std::string_view k_runs =
    "SELECT (SELECT max(id) FROM runs), "
    "(SELECT max(finished) FROM runs WHERE exit_code = 0), "
    "(SELECT sum(plain_bytes) FROM achieved), "
    "(SELECT sum(compressed_bytes) FROM achieved)";

} // namespace

Result<void> count_outcome(const Db& db, std::string_view name) {
  TRY_ASSIGN(Statement add, db.prepare(k_count_outcome));
  add.bind(name);
  return add.run();
}

Result<Counters> Ledger::counters() const {
  TRY_ASSIGN(Statement sums, db_.prepare(k_runs));
  TRY(sums.step());
  Counters counters;
  counters.runs = sums.count(0);
  counters.last_success = sums.time(1);
  counters.bytes_before = sums.count(2);
  counters.bytes_after = sums.count(3);
  TRY_ASSIGN(Statement query, db_.prepare("SELECT outcome, count FROM outcomes"));
  for (;;) {
    TRY_ASSIGN(const bool found, query.step());
    if (!found) {
      return counters;
    }
    counters.outcomes[query.text(0)] = query.count(1);
  }
}

} // namespace coldpress
