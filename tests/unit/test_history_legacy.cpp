#include "tests/history/lines.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace coldpress::history;

namespace {

Lines legacy() {
  return Lines(Mode::legacy);
}

TurnRow only_turn(const Lines& lines) {
  const Run run = read_rollout(lines.text(), ErrorLines::counted);
  REQUIRE(run.rows.turns.size() == 1);
  return run.rows.turns.begin()->second;
}

} // namespace

TEST_CASE("a turn that never ended reads as interrupted, the last one or not") {
  const Lines lines = legacy().start("a").user("1").start("b").user("2");
  CHECK(lines.turns() == Told{"a interrupted [item-1]", "b interrupted [item-2]"});
}

TEST_CASE("an end goes to the turn of its id, open or earlier, else to the open one") {
  CHECK(legacy().start("a").start("b").complete("a").user("x").turns() ==
        Told{"a completed []", "b interrupted [item-1]"});
  const auto stray = legacy().start("a").complete("nobody").user("x").turns();
  REQUIRE(stray.size() == 2);
  CHECK(stray[0] == "a completed []");
  CHECK(stray[1].starts_with("implicit-"));
}

TEST_CASE("a later end adds a failure, and undoes neither failure nor interruption") {
  const std::string abort = R"("turn_id":"a","reason":"interrupted")";
  CHECK(legacy().start("a").event("turn_aborted", abort).complete("a").turns() ==
        Told{"a interrupted []"});
  CHECK(legacy()
            .start("a")
            .complete("a", R"("error":{"message":"m"})")
            .complete("a")
            .turns() == Told{"a failed []"});
  CHECK(legacy().start("a").complete("a").event("turn_aborted", abort).turns() ==
        Told{"a interrupted []"});
  CHECK(legacy()
            .start("a")
            .event("turn_aborted", abort)
            .complete("a", R"("error":{"message":"m"})")
            .turns() == Told{"a failed []"});
}

TEST_CASE("an abort of an unknown turn, or for an unknown reason, changes nothing") {
  CHECK(legacy()
            .start("a")
            .event("turn_aborted", R"("turn_id":"x","reason":"replaced")")
            .agent("y")
            .turns() == Told{"a interrupted [item-1]"});
  CHECK(legacy()
            .start("a")
            .event("turn_aborted", R"("reason":"meteor")")
            .complete("a")
            .turns() == Told{"a completed []"});
}

TEST_CASE(
    "error lines fail the open turn by default, and do nothing as Codex reads them") {
  for (const char* kind : {R"("server_overloaded")",
                           R"({"http_connection_failed":{"http_status_code":500}})",
                           R"("nobody_knows")",
                           R"({"nobody_knows":1})",
                           "{}",
                           "null"}) {
    CAPTURE(kind);
    const Lines lines =
        legacy()
            .start("a")
            .event("error", fmt::format(R"("message":"m","codex_error_info":{})", kind))
            .complete("a");
    CHECK(lines.turns() == Told{"a failed []"});
    CHECK(lines.turns(ErrorLines::ignored) == Told{"a completed []"});
    CHECK(only_turn(lines).error_line);
  }
  for (const char* kind : {R"("thread_rollback_failed")",
                           R"({"active_turn_not_steerable":{"turn_kind":"review"}})",
                           "42",
                           "[]"}) {
    CAPTURE(kind);
    const Lines lines =
        legacy()
            .start("a")
            .event("error", fmt::format(R"("message":"m","codex_error_info":{})", kind))
            .complete("a");
    CHECK(lines.turns() == Told{"a completed []"});
    CHECK(!only_turn(lines).error_line);
  }
}

TEST_CASE("an error line without an open turn fails nothing") {
  CHECK(legacy()
            .event("error", R"("message":"m")")
            .start("a")
            .complete("a")
            .event("error", R"("message":"m")")
            .turns() == Told{"a completed []"});
}

TEST_CASE("an abort after an error line leaves the error, and the error in an end wins") {
  const TurnRow aborted =
      only_turn(legacy()
                    .start("a")
                    .event("error", R"("message":"first")")
                    .event("turn_aborted", R"("reason":"interrupted")"));
  CHECK(aborted.status == Status::interrupted);
  CHECK(aborted.error_line);
  CHECK(aborted.error->message == "first");
  const TurnRow both = only_turn(
      legacy()
          .start("a")
          .event("error", R"("message":"first")")
          .complete(
              "a",
              R"("error":{"message":"second","codex_error_info":{"http_connection_failed":{"http_status_code":502}}})"));
  CHECK(both.error == TurnError{"second", "httpConnectionFailed", "502"});
}

TEST_CASE("a failure inside task_complete that cannot be read is no end") {
  for (const char* error : {"7",
                            R"({"codex_error_info":"other"})",
                            R"({"message":"m","codex_error_info":7})"}) {
    CAPTURE(error);
    CHECK(
        legacy().start("a").complete("a", fmt::format(R"("error":{})", error)).turns() ==
        Told{"a interrupted []"});
  }
  CHECK(legacy().start("a").complete("a", R"("error":null)").turns() ==
        Told{"a completed []"});
}

TEST_CASE(
    "a rollback takes the last turns with their items, and numbers go on from the rest") {
  const Lines lines = legacy()
                          .start("a")
                          .user("1")
                          .complete("a")
                          .start("b")
                          .user("2")
                          .agent("2")
                          .complete("b")
                          .start("c")
                          .user("3");
  CHECK(Lines(lines)
            .event("thread_rolled_back", R"("num_turns":2)")
            .start("d")
            .user("4")
            .turns() == Told{"a completed [item-1]", "d interrupted [item-2]"});
  CHECK(Lines(lines).event("thread_rolled_back", R"("num_turns":99)").turns().empty());
  // Only closes: what follows finds no open turn.
  CHECK(Lines(lines)
            .event("thread_rolled_back", R"("num_turns":0)")
            .agent("x")
            .turns()
            .size() == 4);
  const Run run =
      read_rollout(Lines(lines).event("thread_rolled_back", R"("num_turns":2)").text(),
                   ErrorLines::counted);
  CHECK(run.rows.lifecycle.back().kind == LifecycleRecord::Kind::rolled_back);
  CHECK(run.rows.lifecycle.back().removed_ids == Told{"b", "c"});
  CHECK(run.rows.items.size() == 1);
}

TEST_CASE("late records of a turn that was rolled back find nothing") {
  const auto told =
      legacy()
          .start("a")
          .event("thread_rolled_back", R"("num_turns":1)")
          .event("patch_apply_end", R"("call_id":"c","turn_id":"a","success":true)")
          .complete("a")
          .turns();
  CHECK(told.empty());
}

TEST_CASE(
    "a user message begins a turn where no record did, but stays behind a compaction") {
  const auto told = legacy().user("1").agent("2").user("3").turns();
  REQUIRE(told.size() == 2);
  CHECK(told[0].ends_with("completed [item-1 item-2]"));
  CHECK(told[1].ends_with("completed [item-3]"));
  CHECK(legacy().record("compacted", R"("message":"m")").user("1").turns().size() == 1);
  CHECK(legacy().record("compacted", R"("message":"m")").start("a").turns().size() == 2);
}

TEST_CASE(
    "reasoning grows its item, also across an empty line, until another item comes") {
  const Lines lines = legacy()
                          .start("a")
                          .event("agent_reasoning", R"("text":"1")")
                          .event("agent_reasoning", R"("text":"")")
                          .event("agent_reasoning_raw_content", R"("text":"2")")
                          .agent("x")
                          .event("agent_reasoning", R"("text":"3")");
  const Run run = read_rollout(lines.text(), ErrorLines::counted);
  CHECK(lines.turns() == Told{"a interrupted [item-1 item-2 item-3]"});
  CHECK(run.rows.items.at({1, "item-1"}).item.summary == Told{"1"});
  CHECK(run.rows.items.at({1, "item-1"}).item.content == Told{"2"});
}

TEST_CASE("the same id started twice makes two turns, and an end goes to the open one") {
  CHECK(legacy().start("a").user("1").start("a").user("2").complete("a").turns() ==
        Told{"a interrupted [item-1]", "a completed [item-2]"});
}

TEST_CASE("a turn's row counts its messages, its tokens and names its first and last") {
  const auto count = [](unsigned total) {
    return fmt::format(R"("info":{{"total_token_usage":{{"total_tokens":{}}}}})", total);
  };
  const Lines lines = legacy()
                          .start("a")
                          .user("1")
                          .event("token_count", count(10))
                          .complete("a")
                          .start("b")
                          .user("2")
                          .user("3")
                          .agent("4")
                          .event("token_count", count(25))
                          .event("token_count", R"("info":null)")
                          .complete("b");
  const Run run = read_rollout(lines.text(), ErrorLines::counted);
  const TurnRow& row = run.rows.turns.at(2);
  CHECK(row.tokens == 15);
  CHECK(row.user_messages == 2);
  CHECK(row.agent_messages == 1);
  CHECK(row.items == 3);
  CHECK(row.first_user == "item-2");
  CHECK(row.last_plain == "item-4");
  CHECK(run.thread.tokens == 25);
}

TEST_CASE("an unknown history_mode in the first session_meta refuses the thread") {
  const std::string meta =
      R"({"timestamp":"t","type":"session_meta","payload":{"id":"a","history_mode":"future"}})";
  const Run run =
      read_rollout(meta + "\n" + legacy().start("a").text(), ErrorLines::counted);
  CHECK(run.thread.refused == "unknown history_mode future");
  CHECK(run.rows.turns.empty());
  CHECK(read_rollout(legacy().raw(meta).start("a").text(), ErrorLines::counted)
            .rows.turns.size() == 1);
}
