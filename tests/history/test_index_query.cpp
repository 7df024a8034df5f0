#include "tests/history/index_store.hpp"
#include "tests/history/lines.hpp"
#include "worker/catalog/index_query.hpp"
#include "worker/catalog/item_text.hpp"
#include "worker/catalog/search_query.hpp"
#include "worker/index/scan_rollouts.hpp"
#include "worker/index/store_files.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

using namespace coldpress;
using namespace coldpress::history;

namespace {

void say(IndexStore& store,
         int number,
         const std::string& question,
         const std::string& answer) {
  Lines lines(Mode::legacy);
  lines.start("t").user(question).agent(answer).complete("t");
  store.write(number, lines.text());
}

std::vector<std::string> found(const Index& index, const std::string& text) {
  const auto words = fts_query(text);
  REQUIRE(words.has_value());
  SearchQuery query;
  query.words = *words;
  const auto hits = search_words(index, query);
  REQUIRE(hits.has_value());
  std::vector<std::string> snippets;
  for (const SearchHit& hit : *hits) {
    std::string snippet = hit.snippet;
    std::replace(snippet.begin(), snippet.end(), k_hit_begin, '<');
    std::replace(snippet.begin(), snippet.end(), k_hit_end, '>');
    snippets.push_back(snippet);
  }
  return snippets;
}

std::string refused(const std::string& text) {
  const auto query = fts_query(text);
  REQUIRE_FALSE(query.has_value());
  CHECK_EQ(query.error().code, Errc::invalid);
  return query.error().context.front();
}

using Strings = std::vector<std::string>;

} // namespace

TEST_CASE("words, phrases, prefixes and operators find what they name") {
  IndexStore store;
  say(store, 1, "How does the retry budget work?", "It is a token bucket.");
  say(store, 2, "Write a haiku", "An old silent pond; a frog's budget retry");
  store.update();
  const Index index = store.index();
  CHECK_EQ(found(index, "token"), Strings{"It is a <token> bucket."});
  CHECK_EQ(found(index, "retry budget").size(), 2);
  CHECK_EQ(found(index, "\"retry budget\""),
           Strings{"How does the <retry budget> work?"});
  CHECK_EQ(found(index, "hai*"), Strings{"Write a <haiku>"});
  CHECK_EQ(found(index, "retry NOT pond").size(), 1);
  CHECK_EQ(found(index, "(token OR haiku) AND write").size(), 1);
  CHECK_EQ(found(index, "frog's").size(), 1);
  CHECK(found(index, "absent").empty());
}

TEST_CASE("a query that makes no sense says what is wrong at which character") {
  CHECK_EQ(refused(""), "character 1: there is nothing to search for");
  CHECK_EQ(refused("a AND"), "character 6: a search term is missing at the end");
  CHECK_EQ(refused("(a OR b"), "character 1: this parenthesis is not closed");
  CHECK_EQ(refused("a)"), "character 2: a closing parenthesis has no opening one");
  CHECK_EQ(refused("ü \"open"), "character 3: this quote is not closed");
  CHECK_EQ(refused("a &&"), "character 3: there is no letter or digit in this");
  CHECK_EQ(refused("a OR OR b").substr(0, 13), "character 6: ");
  CHECK_EQ(refused("()").substr(0, 13), "character 2: ");
}

TEST_CASE("no query, however odd, is an error of the database") {
  IndexStore store;
  say(store, 1, "one", "two");
  store.update();
  const Index index = store.index();
  std::uint32_t state = 1;
  const std::string_view alphabet = "ab \"()*:^-+{}.'ORANDT\xc3\xbc";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
      state = state * 1664525U + 1013904223U;
      text += alphabet[(state >> 16U) % alphabet.size()];
    }
    if (const auto words = fts_query(text)) {
      SearchQuery query;
      query.words = *words;
      const auto hits = search_words(index, query);
      CHECK_MESSAGE(hits.has_value(), text, " -> ", *words);
    }
  }
}

TEST_CASE("long base64 is not kept for search, and the words around it are") {
  Item item;
  item.text = "before data:image/png;base64," + std::string(4000, 'Q') + " after";
  const std::string text = item_text(item);
  CHECK_EQ(text, "before data:image/png;base64,… after");
}

TEST_CASE("a scan names every line that holds the text, in either form, wherever it is") {
  IndexStore store;
  std::string bytes;
  std::vector<std::uint64_t> offsets;
  for (int line = 1; line <= 400; ++line) {
    const bool hit = line % 57 == 0;
    if (hit) {
      offsets.push_back(bytes.size());
    }
    // Hits lie before, across and behind the ends of its buffers.
    bytes += std::string(static_cast<std::size_t>(line * 37 % 20'000), 'x') +
             (hit ? "NEEDLE NEEDLE" : "NEEDL") + "\n";
  }
  store.write(1, bytes);
  for (const bool compressed : {false, true}) {
    CAPTURE(compressed);
    if (compressed) {
      store.compress(1);
    }
    ScanRequest request;
    request.pattern = "NEEDLE";
    request.rollouts = files_of(store.fs, store.store).rollouts;
    std::vector<std::uint64_t> seen;
    const auto report = scan_rollouts(
        store.fs, store.clock, store.store, request, [&](const ScanHit& hit) {
          CHECK_EQ(hit.line % 57, 0);
          seen.push_back(hit.offset);
        });
    REQUIRE(report.has_value());
    CHECK_EQ(seen, offsets);
    CHECK_EQ(report->bytes, bytes.size());
  }
}

TEST_CASE("a scan finds a text at every place around the end of a buffer") {
  constexpr std::size_t k_buffer = std::size_t{1} << 20U;
  for (int shift = -9; shift <= 9; ++shift) {
    CAPTURE(shift);
    IndexStore store;
    const std::size_t begin = k_buffer + static_cast<std::size_t>(shift + 100) - 100;
    store.write(1, "first\n" + std::string(begin - 6, 'y') + "NEEDLE tail\nlast\n");
    ScanRequest request;
    request.pattern = "NEEDLE";
    request.rollouts = files_of(store.fs, store.store).rollouts;
    std::size_t hits = 0;
    const auto report = scan_rollouts(
        store.fs, store.clock, store.store, request, [&](const ScanHit& hit) {
          hits += 1;
          CHECK_EQ(hit.line, 2);
          CHECK_EQ(hit.offset, 6);
        });
    REQUIRE(report.has_value());
    CHECK_EQ(hits, 1);
  }
}

TEST_CASE("a filter on a directory takes those below it, and no name that begins alike") {
  IndexStore store;
  const auto add = [&](int number, const std::string& cwd) {
    store.write(number,
                fmt::format(R"({{"timestamp":"2026-01-02T03:04:05.000Z","type":)"
                            R"("session_meta","payload":{{"id":"{}","cwd":"{}"}}}})"
                            "\n",
                            IndexStore::thread_id(number),
                            cwd));
  };
  add(1, "/home/a");
  add(2, "/home/a/b");
  add(3, "/home/ab");
  add(4, "/home");
  store.update();
  const Index index = store.index();
  const auto count = [&](const std::string& project) {
    ListQuery query;
    query.filter.project = project;
    const auto threads = list_threads(index.db(), query);
    REQUIRE(threads.has_value());
    return threads->size();
  };
  CHECK_EQ(count("/home/a"), 2);
  CHECK_EQ(count("/home/a/"), 2);
  CHECK_EQ(count("/home"), 4);
  CHECK_EQ(count("/"), 4);
  CHECK_EQ(count("/home/b"), 0);
}

TEST_CASE("of a thread with several rollouts the newest is listed, until it is gone") {
  IndexStore store;
  const auto second =
      store.store.home + "/sessions/2026/01/02/rollout-2026-01-03T03-04-05-" +
      IndexStore::thread_id(1) + "_" + IndexStore::thread_id(9) + ".jsonl";
  say(store, 1, "first", "answer");
  say(store, 2, "other", "answer");
  std::filesystem::copy(store.path(1), second);
  store.update();
  const auto listed = [&store](bool older) {
    ListQuery query;
    query.older_rollouts = older;
    const Index index = store.index();
    const auto threads = list_threads(index.db(), query);
    REQUIRE(threads.has_value());
    std::vector<std::string> ids;
    for (const ListedThread& thread : *threads) {
      ids.push_back(thread.rollout_id.substr(30));
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  };
  CHECK_EQ(listed(false), Strings{"000002", "000009"});
  CHECK_EQ(listed(true), Strings{"000001", "000002", "000009"});
  std::filesystem::remove(second);
  store.update();
  CHECK_EQ(listed(false), Strings{"000001", "000002"});
}
