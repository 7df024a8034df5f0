#include "worker/catalog/index_state.hpp"
#include "worker/catalog/item_text.hpp"

namespace coldpress {

namespace {

constexpr const char* k_find = "SELECT id, piece, piece_at, length FROM items "
                               "WHERE rollout = ?1 AND turn = ?2 AND item = ?3";
constexpr const char* k_insert =
    "INSERT INTO items (rollout, turn, item, type, status, phase, exit_code, cut, "
    "first_line, first_offset, first_ordinal, last_line, last_offset, last_ordinal, "
    "piece, piece_at, length) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?9, "
    "?10, ?11, ?12, ?13, ?14)";
constexpr const char* k_update =
    "UPDATE items SET type = ?2, status = ?3, phase = ?4, exit_code = ?5, cut = ?6, "
    "last_line = ?7, last_offset = ?8, last_ordinal = ?9, piece = ?10, piece_at = ?11, "
    "length = ?12 WHERE id = ?1";
constexpr const char* k_add_words = "INSERT INTO words (rowid, text) VALUES (?1, ?2)";
// Without content of its own the table is told what to take out.
constexpr const char* k_remove_words =
    "INSERT INTO words (words, rowid, text) VALUES ('delete', ?1, ?2)";
constexpr const char* k_of_turn =
    "SELECT id, piece, piece_at, length FROM items WHERE rollout = ?1 AND turn = ?2";
constexpr const char* k_of_rollout =
    "SELECT id, piece, piece_at, length FROM items WHERE rollout = ?1 ORDER BY piece";

} // namespace

Result<Statement*> Index::State::statement(const char* sql) {
  auto found = statements.find(sql);
  if (found == statements.end()) {
    TRY_ASSIGN(Statement compiled, db.prepare(sql));
    found = statements.emplace(sql, std::move(compiled)).first;
  }
  found->second.reset();
  return &found->second;
}

Result<std::vector<Index::State::Held>> Index::State::held(Statement& query) {
  std::vector<Held> all;
  for (;;) {
    TRY_ASSIGN(const bool more, query.step());
    if (!more) {
      query.reset();
      return all;
    }
    all.push_back({query.integer(0), {query.integer(1), query.count(2), query.count(3)}});
  }
}

Result<void> Index::State::remove_words(const Held& item) {
  if (item.text.length == 0) {
    return {};
  }
  TRY_ASSIGN(const std::string text, pieces.read(item.text));
  return run(k_remove_words, item.id, std::string_view(text));
}

Result<void> Index::State::put_item(std::int64_t rollout,
                                    const history::ItemChange& change) {
  const history::Item& item = change.item;
  const history::Place& at = change.at;
  TRY_ASSIGN(Statement * find, statement(k_find));
  find->bind(rollout, change.turn, std::string_view(item.id));
  TRY_ASSIGN(const std::vector<Held> known, held(*find));
  const std::string text = item_text(item);
  TextPlace place = known.empty() ? TextPlace{} : known.front().text;
  bool same = false;
  if (!known.empty()) {
    TRY_ASSIGN(const std::string old, pieces.read(place));
    same = old == text;
    if (!same) {
      TRY(remove_words(known.front()));
    }
  }
  if (!same) {
    TRY_ASSIGN(place, pieces.add(rollout, text));
  }
  std::int64_t id = 0;
  if (known.empty()) {
    TRY(run(k_insert,
            rollout,
            change.turn,
            std::string_view(item.id),
            std::string_view(item.type),
            std::string_view(item.status),
            std::string_view(item.phase),
            item.exit_code,
            item.cut,
            at.line,
            at.offset,
            at.ordinal,
            place.piece,
            place.at,
            place.length));
    id = db.last_insert_id();
  } else {
    id = known.front().id;
    TRY(run(k_update,
            id,
            std::string_view(item.type),
            std::string_view(item.status),
            std::string_view(item.phase),
            item.exit_code,
            item.cut,
            at.line,
            at.offset,
            at.ordinal,
            place.piece,
            place.at,
            place.length));
  }
  return same || text.empty() ? Result<void>()
                              : run(k_add_words, id, std::string_view(text));
}

Result<void> Index::State::remove_turn_items(std::int64_t rollout, std::uint64_t turn) {
  TRY_ASSIGN(Statement * query, statement(k_of_turn));
  query->bind(rollout, turn);
  TRY_ASSIGN(const std::vector<Held> all, held(*query));
  for (const Held& item : all) {
    TRY(remove_words(item));
    TRY(run("DELETE FROM items WHERE id = ?1", item.id));
  }
  return {};
}

Result<void> Index::State::remove_items(std::int64_t rollout) {
  TRY_ASSIGN(Statement * query, statement(k_of_rollout));
  query->bind(rollout);
  TRY_ASSIGN(const std::vector<Held> all, held(*query));
  for (const Held& item : all) {
    TRY(remove_words(item));
  }
  TRY(run("DELETE FROM items WHERE rollout = ?1", rollout));
  return run("DELETE FROM pieces WHERE rollout = ?1", rollout);
}

Result<void> Index::State::remove_unused_pieces(std::int64_t rollout) {
  return run("DELETE FROM pieces WHERE rollout = ?1 AND id NOT IN "
             "(SELECT piece FROM items WHERE rollout = ?1)",
             rollout);
}

} // namespace coldpress
