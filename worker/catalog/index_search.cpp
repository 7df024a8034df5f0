#include "worker/catalog/filter_sql.hpp"
#include "worker/catalog/text_pieces.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr int k_listed = 26; // columns of listed_columns()
// Around a hit.
constexpr int k_snippet_words = 24;
// What is looked through for the words around a hit; the hit itself is found anywhere.
constexpr std::size_t k_longest_looked = std::size_t{1} << 20U;

// Marks and line breaks of our own must not stand in the text already.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(),
      text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20U; },
      ' ');
  return text;
}

// The same query over the texts of one page of hits, in a table that keeps its content:
// SQLite marks in it what was hit.
class Snippets {
public:
  static Result<Snippets> make() {
    TRY_ASSIGN(Db db, Db::in_memory());
    TRY(db.exec("CREATE VIRTUAL TABLE t USING fts5(text, tokenize='unicode61 "
                "remove_diacritics 2')"));
    return Snippets(std::move(db));
  }

  Result<void> add(std::int64_t id, std::string text) {
    if (text.size() > k_longest_looked) {
      text.resize(k_longest_looked);
    }
    TRY_ASSIGN(Statement insert,
               db_.prepare("INSERT INTO t (rowid, text) VALUES (?1, ?2)"));
    const std::string line = one_line(std::move(text));
    insert.bind(id, std::string_view(line));
    return insert.run();
  }

  // Empty if what is looked through has no hit.
  Result<std::string> of(std::int64_t id, const std::string& words) {
    TRY_ASSIGN(Statement query,
               db_.prepare("SELECT snippet(t, 0, char(2), char(3), '…', ?3) FROM t "
                           "WHERE t MATCH ?2 AND rowid = ?1"));
    query.bind(id, std::string_view(words), k_snippet_words);
    TRY_ASSIGN(const bool found, query.step());
    return found ? query.text(0) : std::string();
  }

private:
  explicit Snippets(Db db) : db_(std::move(db)) {}
  Db db_;
};

struct Found {
  std::int64_t id = 0;
  TextPlace text;
};

} // namespace

Result<std::vector<SearchHit>> search_words(const Index& index,
                                            const SearchQuery& query) {
  const Db& db = index.db();
  FilterSql where;
  // The filter numbers its parameters first.
  where = filter_sql(query.filter);
  const std::string words = where.parameter(query.words);
  TRY_ASSIGN(
      Statement rows,
      db.prepare(fmt::format(
          "SELECT {}, i.id, i.piece, i.piece_at, i.length, ifnull(t.id, ''), i.item, "
          "i.type, i.last_line, i.last_offset FROM words CROSS JOIN items i ON i.id = "
          "words.rowid CROSS JOIN rollouts r ON r.id = i.rollout LEFT JOIN turns t ON "
          "t.rollout = i.rollout AND t.number = i.turn WHERE words MATCH {} AND {} "
          "ORDER BY words.rowid DESC LIMIT {} OFFSET {}",
          listed_columns(),
          words,
          where.text(),
          query.limit,
          query.offset)));
  where.bind(rows);
  std::vector<SearchHit> hits;
  std::vector<Found> found;
  for (;;) {
    TRY_ASSIGN(const bool more, rows.step());
    if (!more) {
      break;
    }
    SearchHit& hit = hits.emplace_back();
    hit.thread = listed_of(rows, 0);
    found.push_back({rows.integer(k_listed),
                     {rows.integer(k_listed + 1),
                      rows.count(k_listed + 2),
                      rows.count(k_listed + 3)}});
    hit.turn = rows.text(k_listed + 4);
    hit.item = rows.text(k_listed + 5);
    hit.type = rows.text(k_listed + 6);
    hit.line = rows.count(k_listed + 7) + 1;
    hit.offset = rows.count(k_listed + 8);
  }
  TRY_ASSIGN(Snippets snippets, Snippets::make());
  TextPieces pieces(db);
  for (std::size_t i = 0; i < hits.size(); ++i) {
    TRY_ASSIGN(std::string text, pieces.read(found[i].text));
    TRY(snippets.add(found[i].id, std::move(text)));
    TRY_ASSIGN(hits[i].snippet, snippets.of(found[i].id, query.words));
  }
  return hits;
}

} // namespace coldpress
