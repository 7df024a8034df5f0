#pragma once

#include "worker/catalog/index.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

enum class ListSort : std::uint8_t { age, size, disk, turns };

// Which threads. What is empty holds for all.
struct ThreadFilter {
  std::string project; // this directory, or one below it
  std::string source;
  std::optional<WallTime> since; // last written
  std::optional<WallTime> until;
  std::string status; // of the last turn: completed, failed, interrupted, none
  std::optional<bool> compressed;
  std::optional<bool> archived;
  std::vector<std::string> threads; // a fork family
};

// A thread, by its newest rollout.
struct ListedThread {
  std::int64_t id = 0; // of the rollout's row
  std::string thread;
  std::string rollout_id;
  std::string name; // file name of the plain form
  std::string dir;
  bool archived = false;
  bool compressed = false;
  std::string preview;
  std::string project;
  std::string source;
  std::string version;
  std::string mode;
  std::optional<WallTime> begun;
  WallTime written{};
  std::uint64_t turns = 0;
  std::uint64_t failed_turns = 0;
  std::string status;
  std::uint64_t tokens = 0;
  std::uint64_t plain_bytes = 0; // decoded
  std::uint64_t disk_bytes = 0;
  std::uint64_t unreadable_lines = 0;
  std::string unknown; // lines "COUNT NAME"
  std::string problem; // why it is not known to its end
  std::string forked_from;
  std::string base_rollout;
  std::uint64_t base_byte = 0;
};

struct ListQuery {
  ThreadFilter filter;
  ListSort sort = ListSort::age;
  bool ascending = false;
  bool older_rollouts = false; // also those that a newer one of the thread replaces
  std::uint64_t offset = 0;
  std::uint64_t limit = 0; // 0: all
};

Result<std::vector<ListedThread>> list_threads(const Db& db, const ListQuery& query);

struct ThreadTotals {
  std::uint64_t threads = 0;
  std::uint64_t plain_bytes = 0;
  std::uint64_t disk_bytes = 0;
};
Result<ThreadTotals> total_of(const Db& db, const ListQuery& query);

// Of a thread: all that it was forked from or that were forked from it, and from those,
// itself among them. Empty if the index does not know it.
Result<std::vector<std::string>> family_of(const Db& db, const std::string& thread);

struct SearchHit {
  ListedThread thread;
  std::string turn; // its id
  std::string item;
  std::string type;
  std::uint64_t line = 0;   // of the record, from 1
  std::uint64_t offset = 0; // its first byte in the decoded bytes
  std::string snippet;      // a line; what was hit stands between k_hit_begin and _end
};
inline constexpr char k_hit_begin = '\x02';
inline constexpr char k_hit_end = '\x03';

struct SearchQuery {
  std::string words; // as fts_query() gives it
  ThreadFilter filter;
  std::uint64_t offset = 0;
  std::uint64_t limit = 20;
};

// Newest first: by when it was indexed, which for a first index is by when the rollout
// was begun. Also in rollouts that a newer one of their thread replaces.
Result<std::vector<SearchHit>> search_words(const Index& index, const SearchQuery& query);

} // namespace coldpress
