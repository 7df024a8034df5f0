#include "tests/history/lines.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace coldpress::history;

namespace {

std::string line(unsigned ordinal, std::string_view type, const std::string& payload) {
  return fmt::format(
      R"({{"timestamp":"2026-01-02T03:04:05Z","ordinal":{},"type":"{}","payload":{{{}}}}})"
      "\n",
      ordinal,
      type,
      payload);
}

std::string meta(unsigned ordinal, const std::string& base = "") {
  return line(ordinal, "session_meta", R"("id":"x","history_mode":"paginated")" + base);
}

std::string base_of(std::string_view id, unsigned ordinal, std::size_t byte) {
  return fmt::format(
      R"(,"history_base":{{"thread_id":"{}","end_ordinal_exclusive":{},"end_byte_offset":{}}})",
      id,
      ordinal,
      byte);
}

std::string start(unsigned ordinal, std::string_view id) {
  return line(
      ordinal, "event_msg", fmt::format(R"("type":"task_started","turn_id":"{}")", id));
}

std::vector<std::string> turns_of(const std::map<std::string, std::string>& rollouts,
                                  const std::string& id) {
  const auto run = read_thread(rollouts, id, ErrorLines::counted);
  REQUIRE(run);
  std::vector<std::string> ids;
  for (const TurnView& view : view_of(run->rows, run->thread.mode)) {
    ids.push_back(view.row->id);
  }
  return ids;
}

} // namespace

TEST_CASE("a fork shows what its base holds before that byte, and then its own") {
  const std::string shared = meta(0) + start(1, "a");
  const std::map<std::string, std::string> rollouts = {
      {"parent", shared + start(2, "later")},
      {"child", meta(2, base_of("parent", 2, shared.size())) + start(3, "own")},
  };
  CHECK(turns_of(rollouts, "child") == Told{"a", "own"});
  CHECK(turns_of(rollouts, "parent") == Told{"a", "later"});
}

TEST_CASE("a base cuts by byte and by ordinal, whichever comes first") {
  const std::string shared = meta(0) + start(1, "a");
  CHECK(turns_of({{"p", shared + start(2, "b")},
                  {"c", meta(2, base_of("p", 2, shared.size() + start(2, "b").size()))}},
                 "c") == Told{"a"});
  CHECK(turns_of({{"p", shared}, {"c", meta(2, base_of("p", 9, shared.size() - 1))}}, "c")
            .empty());
}

TEST_CASE("a fork of a fork goes through both") {
  const std::string first = meta(0) + start(1, "a");
  const std::string second = meta(2, base_of("1", 2, first.size())) + start(3, "b");
  const std::string third = meta(4, base_of("2", 4, second.size())) + start(5, "c");
  CHECK(turns_of({{"1", first}, {"2", second}, {"3", third}}, "3") ==
        Told{"a", "b", "c"});
}

TEST_CASE("a base that is missing, past the end or in a ring is an error") {
  const auto code = [](const std::map<std::string, std::string>& rollouts) {
    const auto run = read_thread(rollouts, "c", ErrorLines::counted);
    REQUIRE(!run);
    return run.error().code;
  };
  CHECK(code({{"c", meta(1, base_of("p", 1, 10))}}) == Errc::not_found);
  CHECK(code({{"p", "x"}, {"c", meta(1, base_of("p", 1, 10))}}) == Errc::corrupt);
  CHECK(code({{"c", meta(1, base_of("c", 1, 10))}}) == Errc::corrupt);
  CHECK(code({{"p", meta(1, base_of("c", 1, 10))},
              {"c", meta(1, base_of("p", 1, 10))}}) == Errc::corrupt);
}

TEST_CASE("the preview and the tokens of a fork are its own") {
  const std::string shared =
      meta(0) + line(1, "event_msg", R"("type":"user_message","message":"parent's")");
  const std::map<std::string, std::string> rollouts = {
      {"p", shared},
      {"c",
       meta(2, base_of("p", 2, shared.size())) +
           line(3, "event_msg", R"("type":"user_message","message":"child's")")},
  };
  CHECK(read_thread(rollouts, "c", ErrorLines::counted)->thread.preview == "child's");
}
