#pragma once

#include "worker/catalog/file_row.hpp"
#include "worker/catalog/sqlite.hpp"

namespace coldpress {

// FileRow to and from the table `files`.

Result<std::optional<FileRow>> read_file_row(const Db& db, const std::string& rollout);
// Replaces the row of that rollout, if there is one.
Result<void> write_file_row(const Db& db, const FileRow& row);

// Those with failures since the last success, most first, and those in conflict.
Result<std::vector<FileRow>> read_troubled_rows(const Db& db, std::size_t count);

// Nine columns from `first` on: device, inode, size, mtime, ctime, mode, uid, gid, links.
FileStamp read_stamp(const Statement& row, int first);

} // namespace coldpress
