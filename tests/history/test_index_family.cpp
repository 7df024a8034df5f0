#include "tests/history/index_store.hpp"
#include "tests/history/lines.hpp"
#include "worker/catalog/index_query.hpp"
#include "worker/index/read_thread.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace coldpress;
using namespace coldpress::history;

namespace {

using Strings = std::vector<std::string>;

// A rollout of a thread of its own, with the ids of its parents.
class Child {
public:
  Child(std::string id, const std::string& more, std::uint64_t ordinal = 0)
      : ordinal_(ordinal) {
    record("session_meta",
           fmt::format(R"("id":"{}","history_mode":"paginated"{})", id, more));
  }
  Child& turn(const std::string& id) {
    record("event_msg", fmt::format(R"("type":"task_started","turn_id":"{}")", id));
    record("event_msg", fmt::format(R"("type":"task_complete","turn_id":"{}")", id));
    return *this;
  }
  // What a rollout that goes on here says in its session_meta.
  std::string base(const std::string& rollout) const {
    return fmt::format(
        R"(,"history_base":{{"thread_id":"{}","end_ordinal_exclusive":{},"end_byte_offset":{}}})",
        rollout,
        ordinal_,
        text_.size());
  }
  std::uint64_t ordinal() const { return ordinal_; }
  const std::string& text() const { return text_; }

private:
  void record(std::string_view type, const std::string& payload) {
    text_ += fmt::format(
        R"({{"timestamp":"2026-01-02T03:04:05Z","ordinal":{},"type":"{}","payload":{{{}}}}})"
        "\n",
        ordinal_++,
        type,
        payload);
  }
  std::uint64_t ordinal_;
  std::string text_;
};

std::string id(int number) {
  return IndexStore::thread_id(number);
}

// A second rollout of thread `number`, as a revert makes it.
std::string revert_path(const IndexStore& store, int number, int rollout) {
  return store.store.home + "/sessions/2026/01/02/rollout-2026-01-03T03-04-05-" +
         id(number) + "_" + id(rollout) + ".jsonl";
}

Strings family(const IndexStore& store, int number) {
  const auto index = Index::open_existing(index_path(store.store));
  REQUIRE(index.has_value());
  REQUIRE(index->has_value());
  const auto found = family_of((*index)->db(), id(number));
  REQUIRE(found.has_value());
  return *found;
}

Strings turns(IndexStore& store, const std::string& path) {
  const auto thread =
      read_thread(store.fs, store.clock, store.store, path, ErrorLines::counted);
  REQUIRE_MESSAGE(thread.has_value(), (thread ? "" : describe(thread.error())));
  Strings ids;
  for (const TurnView& view : view_of(thread->rows, thread->thread.mode)) {
    ids.push_back(view.row->id);
  }
  return ids;
}

} // namespace

TEST_CASE("a family is all that was forked from one another, whichever is asked for") {
  IndexStore store;
  const auto copied = [](int from) {
    return fmt::format(R"(,"forked_from_id":"{}")", id(from));
  };
  Child parent(id(1), "");
  parent.turn("a").turn("b");
  store.write(1, parent.text());
  Child fork(id(2), parent.base(id(1)), parent.ordinal());
  store.write(2, fork.turn("c").text());
  store.write(3, Child(id(3), copied(1)).turn("a").text());
  store.write(4, Child(id(4), fork.base(id(2)), fork.ordinal()).turn("d").text());
  store.write(5, Child(id(5), copied(6)).turn("e").text()); // its parent was deleted
  store.write(7, Child(id(7), "").turn("f").text());
  store.compress(1);
  store.archive(2);
  store.update();
  const Strings all{id(1), id(2), id(3), id(4)};
  for (const int number : {1, 2, 3, 4}) {
    CHECK_EQ(family(store, number), all);
  }
  CHECK_EQ(family(store, 5), Strings{id(5)});
  CHECK_EQ(family(store, 7), Strings{id(7)});
  CHECK_EQ(family(store, 6), Strings{});
}

TEST_CASE(
    "rollouts that name each other as parents are one family, and the search ends") {
  IndexStore store;
  const auto base = [](int from) {
    return fmt::format(
        R"(,"history_base":{{"thread_id":"{}","end_ordinal_exclusive":1,"end_byte_offset":1}})",
        id(from));
  };
  store.write(1, Child(id(1), base(2)).text());
  store.write(2, Child(id(2), base(1)).text());
  store.write(3, Child(id(3), base(3)).text());
  store.update();
  CHECK_EQ(family(store, 1), Strings{id(1), id(2)});
  CHECK_EQ(family(store, 3), Strings{id(3)});
}

TEST_CASE("a fork shows what it inherits in any form and place of its parents") {
  IndexStore store;
  Child parent(id(1), "");
  parent.turn("a");
  Child fork(id(2), parent.base(id(1)), parent.ordinal());
  fork.turn("c");
  parent.turn("late"); // after the fork: the parent's alone
  store.write(1, parent.text());
  Child grandchild(id(3), fork.base(id(2)), fork.ordinal());
  store.write(2, fork.text());
  store.write(3, grandchild.turn("d").text());
  const auto check = [&] {
    CHECK_EQ(turns(store, store.path(3)), Strings{"a", "c", "d"});
    CHECK_EQ(turns(store, store.path(2)), Strings{"a", "c"});
    CHECK_EQ(turns(store, store.path(1)), Strings{"a", "late"});
  };
  check();
  for (const int number : {1, 2, 3}) {
    store.compress(number);
  }
  check();
  const std::string where = store.path(1);
  store.archive(1);
  CHECK_EQ(turns(store, store.path(3)), Strings{"a", "c", "d"});
  store.write(1, "");
  store.remove(1);
  std::filesystem::remove(store.store.home + "/archived_sessions/" +
                          IndexStore::file_name(1) + ".zst");
  const auto orphan =
      read_thread(store.fs, store.clock, store.store, store.path(3), ErrorLines::counted);
  REQUIRE_FALSE(orphan.has_value());
  CHECK_EQ(orphan.error().code, Errc::not_found);
  CHECK_NE(describe(orphan.error()).find("missing"), std::string::npos);
}

TEST_CASE("a revert is the thread, by its newest rollout, and has what it went back to") {
  IndexStore store;
  Child first(id(1), "");
  first.turn("a");
  const std::string base = first.base(id(1));
  const std::uint64_t ordinal = first.ordinal();
  first.turn("undone");
  store.write(1, first.text());
  const std::string newer = revert_path(store, 1, 9);
  std::ofstream(newer) << Child(id(1), base, ordinal).turn("b").text();
  store.update();
  CHECK_EQ(turns(store, newer), Strings{"a", "b"});
  const Index index = store.index();
  const auto threads = list_threads(index.db(), {});
  REQUIRE(threads.has_value());
  REQUIRE_EQ(threads->size(), 1);
  CHECK_EQ(threads->front().rollout_id, id(9));
  CHECK_EQ(threads->front().base_rollout, id(1));
  CHECK_EQ(family(store, 1), Strings{id(1)});
}

TEST_CASE("a checkpoint that is too large to keep costs a second reading, and no row") {
  IndexStore store;
  // Each turn has a long id, and the ids are what a checkpoint holds.
  Lines lines(Mode::legacy);
  for (int turn = 0; turn < 17; ++turn) {
    std::string name = std::to_string(turn);
    while (name.size() < 1'000'000) {
      name += " and so on."; // no base64, which would be left out
    }
    lines.start(name).user("question").agent("answer").complete(name);
  }
  store.write(1, lines.text());
  store.update();
  const auto known = store.index().rollouts();
  REQUIRE(known.has_value());
  REQUIRE_EQ(known->size(), 1);
  CHECK(known->front().problem.empty());
  const auto checkpoint = store.index().checkpoint(known->front().id);
  REQUIRE(checkpoint.has_value());
  CHECK(checkpoint->history.empty());
  store.append(1, Lines(Mode::legacy).start("last").user("one more").text());
  CHECK_EQ(store.update().problems, Strings{});
  CHECK_EQ(store.rows(), store.rows_from_scratch());
  CHECK_EQ(store.update().read, 0);
}
