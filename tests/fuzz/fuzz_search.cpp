#include "tests/fuzz/fuzz.hpp"
#include "worker/catalog/search_query.hpp"
#include "worker/catalog/sqlite.hpp"

#include <charconv>

using namespace coldpress;

namespace {

// As the index has it.
Db& words() {
  static Db db = [] {
    auto made = Db::in_memory();
    require(made.has_value(), "there is a database in memory");
    require(made->exec("CREATE VIRTUAL TABLE words USING fts5(text, content='', "
                       "columnsize=0, tokenize='unicode61 remove_diacritics 2'); "
                       "INSERT INTO words (rowid, text) VALUES (1, 'one two three')")
                .has_value(),
            "and FTS5 is in it");
    return std::move(*made);
  }();
  return db;
}

void check_refusal(std::string_view text, const Error& error) {
  constexpr std::string_view k_character = "character ";
  require(error.code == Errc::invalid && !error.context.empty(),
          "a query is refused with a reason");
  const std::string& why = error.context.front();
  require(why.starts_with(k_character), "that begins with a place");
  std::size_t at = 0;
  const char* from = why.data() + k_character.size();
  const auto number = std::from_chars(from, why.data() + why.size(), at);
  require(number.ec == std::errc() && *number.ptr == ':', "which is a number");
  require(at >= 1 && at <= text.size() + 1, "inside the query, or behind its end");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  const auto query = fts_query(text);
  if (!query) {
    check_refusal(text, query.error());
    return 0;
  }
  auto found = words().prepare("SELECT rowid FROM words WHERE words MATCH ?1");
  require(found.has_value(), "the table can be asked");
  found->bind(std::string_view(*query));
  for (;;) {
    const auto more = found->step();
    require(more.has_value(), "what is taken is no error of FTS5");
    if (!*more) {
      return 0;
    }
  }
}
