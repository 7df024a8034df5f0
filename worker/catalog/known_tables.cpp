#include "worker/catalog/known_tables.hpp"

#include "worker/catalog/file_table.hpp"

namespace coldpress {

namespace {

// Word for word the condition of the index, or SQLite does not take it.
constexpr std::string_view k_memory =
    "SELECT rollout, device, inode, size, mtime, ctime, mode, uid, gid, links, no_gain, "
    "retry_at, hold_until FROM files INDEXED BY files_remembered "
    "WHERE no_gain <> 0 OR retry_at IS NOT NULL OR hold_until IS NOT NULL";

constexpr std::string_view k_add_achieved =
    "INSERT INTO achieved (size_class, plain_bytes, compressed_bytes) "
    "VALUES (?1, ?2, ?3) ON CONFLICT (size_class) DO UPDATE SET "
    "plain_bytes = plain_bytes + ?2, compressed_bytes = compressed_bytes + ?3";

Result<void> write_page(const Db& db, const HeadPage& page) {
  if (page.bytes.empty()) {
    TRY_ASSIGN(Statement remove, db.prepare("DELETE FROM head_pages WHERE number = ?1"));
    remove.bind(page.number);
    return remove.run();
  }
  TRY_ASSIGN(
      Statement replace,
      db.prepare("INSERT OR REPLACE INTO head_pages (number, bytes) VALUES (?1, ?2)"));
  replace.bind(page.number, Blob{page.bytes});
  return replace.run();
}

HeadPage page_of(const Statement& row) {
  // A number out of range is no page's.
  return {static_cast<std::uint32_t>(row.count(0)), row.text(1)};
}

} // namespace

Result<Memory> read_memory(const Db& db) {
  TRY_ASSIGN(Statement query, db.prepare(k_memory));
  Memory memory;
  for (;;) {
    TRY_ASSIGN(const bool found, query.step());
    if (!found) {
      return memory;
    }
    memory.emplace(query.text(0),
                   Remembered{.stamp = read_stamp(query, 1),
                              .no_gain = query.integer(10) != 0,
                              .retry_at = query.time(11),
                              .hold_until = query.time(12)});
  }
}

Result<Achieved> read_achieved(const Db& db) {
  TRY_ASSIGN(
      Statement query,
      db.prepare("SELECT size_class, plain_bytes, compressed_bytes FROM achieved"));
  Achieved achieved;
  for (;;) {
    TRY_ASSIGN(const bool found, query.step());
    if (!found) {
      return achieved;
    }
    if (query.count(0) < achieved.by_class.size()) {
      achieved.by_class.at(query.count(0)) = {query.count(1), query.count(2)};
    }
  }
}

Result<void> add_achieved(const Db& db, std::uint64_t plain, std::uint64_t compressed) {
  TRY_ASSIGN(Statement add, db.prepare(k_add_achieved));
  add.bind(size_class(plain), plain, compressed);
  return add.run();
}

Result<OwnFrames> read_own_frames(const Db& db) {
  TRY_ASSIGN(Statement query,
             db.prepare("SELECT rollout, compressed_bytes FROM files "
                        "WHERE compressed AND level > 0 AND compressed_bytes > 0"));
  OwnFrames frames;
  for (;;) {
    TRY_ASSIGN(const bool found, query.step());
    if (!found) {
      return frames;
    }
    frames.emplace(query.text(0), query.count(1));
  }
}

Result<HeadMemory> read_heads(const Db& db) {
  TRY_ASSIGN(Statement query, db.prepare("SELECT number, bytes FROM head_pages"));
  std::vector<HeadPage> pages;
  for (;;) {
    TRY_ASSIGN(const bool found, query.step());
    if (!found) {
      return HeadMemory::from_pages(std::move(pages));
    }
    pages.push_back(page_of(query));
  }
}

Result<void> write_head_pages(const Db& db, const std::vector<HeadPage>& pages) {
  for (const HeadPage& page : pages) {
    TRY(write_page(db, page));
  }
  return {};
}

Result<void> forget_head(const Db& db, const HeadKey& key) {
  TRY_ASSIGN(Statement query,
             db.prepare("SELECT number, bytes FROM head_pages WHERE number = ?1"));
  query.bind(HeadMemory::page_of(key));
  TRY_ASSIGN(const bool found, query.step());
  if (!found) {
    return {};
  }
  std::vector<HeadPage> pages;
  pages.push_back(page_of(query));
  TRY(query.run());
  HeadMemory page = HeadMemory::from_pages(std::move(pages));
  return write_head_pages(db, page.apply({{}, {key}}));
}

} // namespace coldpress
