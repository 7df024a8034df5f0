#pragma once

#include "fsutil/clock.hpp"
#include "worker/catalog/index_rows.hpp"
#include "worker/catalog/sqlite.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

// The index over all rollouts of a store: what their lines mean, and the words in them.
// It can be made again from the rollouts at any time, and holds text of conversations:
// mode 0600, and what is deleted is overwritten.
//
// Readers and one writer may be at work at once: who reads never waits, and sees it as of
// the last transaction. Who writes has taken IndexLock.
//
// Errors as Db's. Errc::corrupt: it is damaged; recreate it. One thread at a time.
class Index {
public:
  struct Opened;

  // Makes it where there is none. One that is damaged or another program's is moved
  // aside, one of an earlier version is replaced.
  static Result<Opened> open_or_create(const std::string& path, WallTime now);
  // To read; nothing if there is no file, or an empty one. Makes none but SQLite's own
  // beside it.
  static Result<std::optional<Index>> open_existing(const std::string& path);
  // For who wants to list a store without an index: rollouts and turns, not items and
  // words.
  static Result<Index> in_memory();
  // Moves away the file of one that has shown damage; its new name.
  static Result<std::string>
  set_aside_damaged(Index index, const std::string& path, WallTime now);
  // Removes it with all that belongs to it, and those that were moved aside; how many
  // files. Its lock is the caller's.
  static Result<std::size_t> drop(const std::string& path);

  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;
  ~Index();

  const Db& db() const;

  // --- reading, for who brings it up to date

  // By name.
  Result<std::vector<IndexedRollout>> rollouts() const;
  // Those in a directory; those in plain form, in no order; that of a name.
  Result<std::vector<IndexedRollout>> rollouts_in(const std::string& dir) const;
  Result<std::vector<IndexedRollout>> plain_rollouts() const;
  Result<std::optional<IndexedRollout>> rollout_named(const std::string& name) const;
  Result<std::uint64_t> rollout_count() const;
  // As of the last update that reached its end; by name.
  Result<std::vector<IndexedDir>> dirs() const;
  Result<IndexCheckpoint> checkpoint(std::int64_t id) const;

  // --- writing. Each call is one transaction, or a step of the one that is open.

  // One that it did not know; its id.
  Result<std::int64_t> add(const FoundRollout& found);
  // Its file has another form, place or stamp. `problem`: it cannot be read, and need not
  // be tried again before it changes.
  Result<void>
  saw(std::int64_t id, const FoundRollout& found, const std::string& problem);
  Result<void> apply(IndexBatch batch);
  // Instead of those that it has.
  Result<void> remember_dirs(const std::vector<IndexedDir>& dirs);
  Result<void> remove(std::int64_t id);
  // Many small steps in one transaction; what is not committed is as if it never was.
  Result<void> begin();
  Result<void> commit();
  // After removals: nothing of what was removed is left in the files.
  Result<void> scrub();
  // Reads all of it. Errc::corrupt says what is wrong.
  Result<void> check() const;

private:
  struct State;
  explicit Index(std::unique_ptr<State> state);
  static Result<Index> over(Db db, bool summaries = false);
  std::unique_ptr<State> state_;
};

struct Index::Opened {
  Index index;
  std::string set_aside; // where the damaged one is now; empty if there was none
};

} // namespace coldpress
