#pragma once

#include "worker/catalog/file_row.hpp"
#include "worker/catalog/sqlite.hpp"
#include "worker/catalog/verification.hpp"
#include "worker/rollout/head_memory.hpp"
#include "worker/stage/remembered.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

struct RunStart {
  WallTime started{};
  std::string command; // "run", "serve", "restore"
  std::int64_t pid = 0;
  std::string host;
  std::uint64_t generation = 0; // of the store lock
};

struct RunEnd {
  WallTime finished{};
  int exit_code = 0;
  std::uint64_t compressed = 0;
  std::uint64_t skipped = 0;
  std::uint64_t failed = 0;
  std::uint64_t writer_arrived = 0;
  std::uint64_t reaped = 0;
  std::uint64_t recovered = 0;
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
  std::uint64_t not_freed_bytes = 0; // retired files that still stand
};

struct RunRow {
  std::int64_t id = 0;
  RunStart start;
  std::optional<RunEnd> end; // empty: still going, or killed
};

struct Totals {
  std::uint64_t compressed = 0; // rollouts compressed now, as far as the ledger saw
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
  // Of those whose size was predicted: what was said, and what came out.
  std::uint64_t predicted = 0;
  std::uint64_t predicted_after = 0;
};

// A rollout that is compressed now, as far as the ledger saw.
struct LedgerRollout {
  std::string rollout; // logical path, as Candidate::rollout
  std::uint64_t plain_bytes = 0;
  std::uint64_t compressed_bytes = 0;
};

// What only grows as long as there is this ledger.
struct Counters {
  std::uint64_t runs = 0;                        // begun
  std::map<std::string, std::uint64_t> outcomes; // by name_of(OutcomeKind)
  std::uint64_t bytes_before = 0;                // of what was compressed
  std::uint64_t bytes_after = 0;
  std::optional<WallTime> last_success; // end of the newest run with exit code 0
};

// Lengths of critical sections, by nearest rank. All zero if there is none.
struct BlockedTimes {
  std::uint64_t count = 0;
  std::uint64_t p50_us = 0;
  std::uint64_t p99_us = 0;
  std::uint64_t max_us = 0;
};

// What a scan and a plan take from earlier passes.
struct Known {
  Memory memory;
  HeadMemory heads;
  Achieved achieved;
  OwnFrames own;
};

// What earlier passes did, in one SQLite file. A cache: delete it and one pass fills it
// again; nothing that protects a rollout rests on it.
//
// Every change is one transaction: a kill leaves it whole or undone. The last changes may
// be gone after a power cut. Several processes may have it open; a writer that finds it
// taken waits up to 5 s, then Errc::busy. One object is used by one thread at a time and
// must not be carried over a fork.
class Ledger {
public:
  // Opens, or makes with mode 0600, or migrates. The directory must exist.
  // Errc::corrupt: damaged, or no ledger; Errc::denied: cannot be written;
  // Errc::unsupported: written by a newer program. None of them changes the file.
  static Result<Ledger> open(const std::string& path);

  struct Opened;
  // As open(), but a damaged one is renamed to "<path>.damaged-<UTC time>" (or with
  // "-2", "-3" after it: never over an older one) and a new one begun. Only for the
  // holder of the store lock: two at once could set aside each other's new file.
  static Result<Opened> open_or_replace(const std::string& path, WallTime now);

  // Empty if there is none, or nothing in it yet. Creates no file, changes none, and
  // works on a read-only mount. Not all of it is checked: damage may show later, as
  // Errc::corrupt from a call that meets it. Errc::busy after a writer was killed in the
  // middle: only a writer may undo what it left.
  static Result<std::optional<Ledger>> open_read_only(const std::string& path);

  // Runs `work` as one transaction, or as a step of the one it is called in: if it fails,
  // everything it did is undone.
  Result<void> in_transaction(const std::function<Result<void>(Ledger&)>& work);

  // --- runs. The newest 10,000 are kept.

  Result<std::int64_t> begin_run(const RunStart& start);
  // Errc::not_found if there is no such run.
  Result<void> finish_run(std::int64_t id, const RunEnd& end);
  // Newest first, at most `count`.
  Result<std::vector<RunRow>> recent_runs(std::size_t count) const;

  // --- rollouts, by logical path relative to the store

  // See row_after(). An outcome with a critical section (compressed, recompressed,
  // writer_arrived) is counted in blocked_times(), too. One that was found changed is
  // read again by the next scan, whatever its stamp says.
  Result<void> record(std::int64_t run_id, const Outcome& outcome, WallTime now);
  // Of a rollout whose work begins: see row_begun().
  Result<void> begin_work(std::int64_t run_id, const std::string& rollout, WallTime now);
  // Leave it plain until then. For a rollout not yet known, too.
  Result<void> hold(const std::string& rollout, WallTime until);

  Result<std::optional<FileRow>> file(const std::string& rollout) const;
  // Costs what there is to remember, and two columns of what is compressed.
  Result<Known> known() const;
  // What HeadMemory::apply() returned.
  Result<void> write_heads(const std::vector<HeadPage>& pages);

  // --- verified frames, of any program

  // In place of what was known of that rollout. Of one that is damaged the caller hands
  // on the plain bytes of the last good reading.
  // One that is right also forgets failures that came of damage.
  Result<void> set_verified(const Verification& seen);
  // Drops what set_verified() knows of rollouts that were deleted.
  Result<void> forget_verified(const std::vector<std::string>& rollouts);
  // The newest of each: of set_verified(), or from when it was compressed.
  Result<Verifications> verifications() const;

  Result<Totals> totals() const;
  // Rollouts whose last tries failed or found a conflict, most failures first, at most
  // `count`. Looks at every row.
  Result<std::vector<FileRow>> troubled(std::size_t count) const;
  // Reads the whole file. Errc::corrupt if it is damaged; the context says where.
  Result<void> check() const;
  Result<Counters> counters() const;
  // In no order.
  Result<std::vector<LedgerRollout>> compressed() const;
  // Over the newest 100,000 publications.
  Result<BlockedTimes> blocked_times() const;

private:
  explicit Ledger(Db db) : db_(std::move(db)) {}
  Result<void> add_publication(std::int64_t run_id, const Outcome& outcome, WallTime now);
  Db db_;
};

struct Ledger::Opened {
  Ledger ledger;
  std::string set_aside; // where the damaged one is now; empty if there was none
};

} // namespace coldpress
