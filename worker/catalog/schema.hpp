#pragma once

#include "worker/catalog/sqlite.hpp"

namespace coldpress {

// The newest layout this program knows, as in PRAGMA user_version. 0: an empty file.
int newest_schema();

// Errc::unsupported if the file was written by a newer program; names both versions.
Result<int> read_schema_version(const Db& db);

// Brings an older or empty ledger to newest_schema(), in one transaction.
Result<void> migrate(const Db& db);

// Reads the whole file. Errc::corrupt if it is damaged; the context says where.
Result<void> check_pages(const Db& db);

// Errc::corrupt if a table or a column is missing.
Result<void> check_tables(const Db& db);

} // namespace coldpress
