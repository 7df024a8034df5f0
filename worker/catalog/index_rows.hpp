#pragma once

#include "fsutil/fs.hpp"
#include "worker/history/history.hpp"
#include "worker/rollout/head.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace coldpress {

// A rollout's file as a walk over the store has found it.
struct FoundRollout {
  std::string name; // of the plain form
  std::string dir;  // below the store
  bool archived = false;
  bool compressed = false;
  FileStat stat;

  std::string plain_path() const { return join_path(dir, name); }
  std::string path() const { return plain_path() + (compressed ? ".zst" : ""); }
};

// What the index has of a rollout.
struct IndexedRollout {
  std::int64_t id = 0;
  FoundRollout found;       // as it was when it was read
  std::uint64_t offset = 0; // behind the last whole line that was taken
  std::uint64_t unread = 0; // bytes of a line that had no end
  std::string problem;      // why it could not be read to its end; empty if it could
};

// A directory of the store as it was when it was last listed.
struct IndexedDir {
  std::string dir; // below the store
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  WallTime mtime{};
  WallTime ctime{};
  bool settled = false; // whatever is made or removed in it changes these times
  friend bool operator==(const IndexedDir&, const IndexedDir&) = default;
};

// What is kept so that reading can go on.
struct IndexCheckpoint {
  std::string history; // empty: it was too large to keep
  std::string digests; // see digests.hpp
};

// What some lines of one rollout have changed: rows and cursor, for one transaction.
struct IndexBatch {
  std::int64_t id = 0;
  bool restart = false; // what was there of the rollout goes first
  history::Changes changes;
  std::optional<RolloutHead> head; // of the first line, with the batch that read it
  history::ThreadRow thread;
  history::LineCounts counts;
  std::uint64_t offset = 0;
  std::uint64_t line = 0;
  std::uint64_t unread = 0;
  IndexCheckpoint checkpoint;
};

} // namespace coldpress
