#include "tests/history/index_store.hpp"

#include "worker/catalog/text_pieces.hpp"
#include "worker/rollout/codec.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>

namespace coldpress::history {

namespace {

namespace disk = std::filesystem;

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string lines_of(const Db& db, const std::string& sql, int columns) {
  auto query = db.prepare(sql);
  REQUIRE(query.has_value());
  std::string text;
  for (auto more = query->step(); more && *more; more = query->step()) {
    for (int i = 0; i < columns; ++i) {
      text += (query->is_null(i) ? "NULL" : query->text(i)) + "|";
    }
    text += "\n";
  }
  return text;
}

std::string items_of(const Index& index) {
  auto query = index.db().prepare(
      "SELECT r.name, i.turn, i.item, i.type, i.status, i.phase, i.exit_code, i.cut, "
      "i.first_line, i.first_offset, i.first_ordinal, i.last_line, i.last_offset, "
      "i.last_ordinal, i.piece, i.piece_at, i.length FROM items i JOIN rollouts r ON "
      "r.id = i.rollout ORDER BY r.name, i.turn, i.item");
  REQUIRE(query.has_value());
  TextPieces pieces(index.db());
  std::string text;
  for (auto more = query->step(); more && *more; more = query->step()) {
    for (int i = 0; i < 14; ++i) {
      text += query->text(i) + "|";
    }
    const auto words =
        pieces.read({query->integer(14), query->count(15), query->count(16)});
    REQUIRE(words.has_value());
    text += *words + "\n";
  }
  return text;
}

// Of every word in how many items it is.
std::string words_of(const Index& index) {
  REQUIRE(index.db()
              .exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.v USING "
                    "fts5vocab('main', 'words', 'row')")
              .has_value());
  return lines_of(index.db(), "SELECT term, doc, cnt FROM temp.v ORDER BY term", 3);
}

} // namespace

std::string rows_of(const Index& index) {
  const Db& db = index.db();
  std::string text =
      lines_of(db,
               "SELECT name, read_offset, read_line, unread, thread, rollout, "
               "forked_from, base_rollout, base_byte, base_ordinal, mode, project, "
               "source, version, begun, preview, tokens, refused, turns, failed_turns, "
               "status, unreadable, skipped, unknown FROM rollouts ORDER BY name",
               24);
  const std::string turn_columns =
      "r.name, number, t.id, implicit, listed, t.status, error, error_kind, "
      "error_detail, error_line, started_at, completed_at, duration_ms, items, "
      "user_messages, agent_messages, t.tokens, first_user, last_answer, last_plain, "
      "first_line, first_offset, first_ordinal, last_line, last_offset, last_ordinal";
  text += lines_of(db,
                   "SELECT " + turn_columns +
                       " FROM turns t JOIN rollouts r ON r.id = t.rollout "
                       "ORDER BY r.name, number",
                   26);
  text += lines_of(db,
                   "SELECT r.name, turn, l.status, error_line FROM item_turns l JOIN "
                   "rollouts r ON r.id = l.rollout ORDER BY r.name, turn",
                   4);
  text += lines_of(db,
                   "SELECT r.name, nth, kind, error_line, turn, turn_id, line, offset, "
                   "ordinal, removed FROM lifecycle l JOIN rollouts r ON r.id = "
                   "l.rollout ORDER BY r.name, nth",
                   10);
  return text + items_of(index) + words_of(index);
}

IndexStore::IndexStore() {
  store.home = dir / "home";
  store.own_dir = store.state_dir = store.home + "/coldpress";
  disk::create_directories(store.home + "/sessions/2026/01/02");
  disk::create_directories(store.home + "/archived_sessions");
}

std::string IndexStore::thread_id(int number) {
  return fmt::format("0199aaaa-bbbb-7ccc-8ddd-{:012}", number);
}

std::string IndexStore::file_name(int number) {
  return fmt::format(
      "rollout-2026-01-02T03-04-{:02}-{}.jsonl", number, thread_id(number));
}

std::string IndexStore::path(int number) const {
  return store.home + "/sessions/2026/01/02/" + file_name(number);
}

void IndexStore::touch(const std::string& file) {
  disk::last_write_time(file,
                        disk::file_time_type::clock::now() - std::chrono::hours(100) +
                            std::chrono::seconds(++writings_));
}

void IndexStore::write(int number, const std::string& bytes) {
  disk::remove(path(number) + ".zst");
  std::ofstream(path(number), std::ios::binary | std::ios::trunc) << bytes;
  touch(path(number));
}

void IndexStore::append(int number, const std::string& bytes) {
  std::ofstream(path(number), std::ios::binary | std::ios::app) << bytes;
  touch(path(number));
}

void IndexStore::compress(int number) {
  const std::string bytes = content(path(number));
  std::ofstream out(path(number) + ".zst", std::ios::binary);
  const Sink sink = [&out](std::span<const std::byte> data) -> Result<void> {
    out.write(reinterpret_cast<const char*>(data.data()),
              static_cast<std::streamsize>(data.size()));
    return {};
  };
  auto encoder =
      FrameEncoder::create(choose_frame_options(bytes.size(), 3, {}), bytes.size());
  REQUIRE(encoder.has_value());
  REQUIRE(encoder->push(std::as_bytes(std::span(bytes)), sink).has_value());
  REQUIRE(encoder->finish(sink).has_value());
  out.close();
  disk::last_write_time(path(number) + ".zst", disk::last_write_time(path(number)));
  disk::remove(path(number));
}

void IndexStore::archive(int number) {
  for (const char* suffix : {"", ".zst"}) {
    if (disk::exists(path(number) + suffix)) {
      disk::rename(path(number) + suffix,
                   store.home + "/archived_sessions/" + file_name(number) + suffix);
    }
  }
}

void IndexStore::remove(int number) {
  for (const char* suffix : {"", ".zst"}) {
    disk::remove(path(number) + suffix);
  }
}

void IndexStore::settle() {
  clock.set_wall(std::chrono::time_point_cast<WallTime::duration>(
      std::chrono::system_clock::now() + std::chrono::hours(1)));
}

IndexReport IndexStore::update(Look look) {
  IndexUpdateRules rules;
  rules.look = look;
  auto report = refresh_index(fs, clock, store, rules);
  REQUIRE_MESSAGE(report.has_value(), (report ? "" : describe(report.error())));
  return std::move(*report);
}

Index IndexStore::index() {
  auto opened = Index::open_existing(index_path(store));
  REQUIRE(opened.has_value());
  REQUIRE(opened->has_value());
  return std::move(**opened);
}

std::string IndexStore::rows() {
  return rows_of(index());
}

std::string IndexStore::rows_from_scratch() {
  const std::string path = dir / "scratch.sqlite";
  REQUIRE(Index::drop(path).has_value());
  auto fresh = Index::open_or_create(path, clock.wall());
  REQUIRE(fresh.has_value());
  REQUIRE(update_index(fs, clock, store, fresh->index, {}).has_value());
  return rows_of(fresh->index);
}

} // namespace coldpress::history
