#pragma once

#include "worker/catalog/sqlite.hpp"

namespace coldpress {

// The layout of index.sqlite, as in PRAGMA user_version. Nothing in it is worth a
// migration: a file of another version is rebuilt from the rollouts.
inline constexpr int k_index_version = 2;

enum class IndexFile : std::uint8_t {
  empty,
  ours,
  older, // of ours, and of an earlier program
};

// Errc::corrupt: no database, or another program's. Errc::unsupported: a newer program's.
Result<IndexFile> index_file_kind(const Db& db);

// For an empty database.
Result<void> create_index(const Db& db);

// Of this connection: how it writes, and how much memory it takes.
Result<void> tune_index(const Db& db);

// Errc::corrupt if a table or a column is missing.
Result<void> check_index_tables(const Db& db);

} // namespace coldpress
