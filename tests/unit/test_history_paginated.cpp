#include "tests/history/lines.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace coldpress::history;

namespace {

constexpr const char* k_answer =
    R"("AgentMessage","content":[{"type":"Text","text":"x"}])";

Lines paginated() {
  return Lines(Mode::paginated);
}

std::string numbered(unsigned ordinal, std::string_view rest) {
  return fmt::format(
      R"({{"timestamp":"2026-01-02T03:04:05Z","ordinal":{},"type":"event_msg","payload":{{{}}}}})",
      ordinal,
      rest);
}

} // namespace

TEST_CASE("items go to the turn they name, whichever is open, also after its end") {
  CHECK(paginated()
            .start("a")
            .start("b")
            .item("a", "1", k_answer)
            .complete("a")
            .item("a", "2", k_answer)
            .complete("b")
            .turns() == Told{"a completed [1 2]", "b completed []"});
}

TEST_CASE("an item twice has the newer content at the older place") {
  const Lines lines = paginated()
                          .start("a")
                          .item("a", "1", R"("Plan","text":"old")")
                          .item("a", "2", k_answer)
                          .item("a", "1", R"("Plan","text":"new")");
  const Run run = read_rollout(lines.text(), ErrorLines::counted);
  CHECK(lines.turns() == Told{"a interrupted [1 2]"});
  const auto& row = run.rows.items.at({1, "1"});
  CHECK(row.item.text == "new");
  CHECK(row.first.ordinal == 2);
  CHECK(row.last.ordinal == 4);
  CHECK(run.rows.turns.at(1).items == 2);
}

TEST_CASE("the first end stays, and its start time counts even if it has none") {
  const Lines lines =
      paginated()
          .start("a")
          .event("turn_aborted", R"("turn_id":"a","reason":"replaced","completed_at":9)")
          .complete("a", R"("error":{"message":"late"})");
  const TurnRow row = read_rollout(lines.text(), ErrorLines::counted).rows.turns.at(1);
  CHECK(row.status == Status::interrupted);
  CHECK(!row.error);
  CHECK(!row.started_at);
  CHECK(row.completed_at == 9);
}

TEST_CASE("an end of a turn that nobody began begins it, too") {
  const Lines lines = paginated().complete("a");
  CHECK(lines.turns() == Told{"a completed []"});
  const auto lifecycle = read_rollout(lines.text(), ErrorLines::counted).rows.lifecycle;
  REQUIRE(lifecycle.size() == 2);
  CHECK(lifecycle[0].kind == LifecycleRecord::Kind::started);
  CHECK(lifecycle[0].at == lifecycle[1].at);
}

TEST_CASE("a second start is no second turn, and moves the start time until the end") {
  const auto again = R"("turn_id":"a","started_at":77)";
  const Lines open = paginated().start("a").event("task_started", again);
  CHECK(open.turns().size() == 1);
  CHECK(read_rollout(open.text(), ErrorLines::counted).rows.turns.at(1).started_at == 77);
  const Lines over = paginated()
                         .start("a")
                         .complete("a", R"("started_at":3)")
                         .event("task_started", again);
  CHECK(read_rollout(over.text(), ErrorLines::counted).rows.turns.at(1).started_at == 3);
}

TEST_CASE("an item of a turn without a record is kept, and the turn is not listed") {
  const Lines lines = paginated().item("ghost", "1", k_answer);
  CHECK(lines.turns().empty());
  CHECK(read_rollout(lines.text(), ErrorLines::counted).rows.items.size() == 1);
  CHECK(Lines(lines).start("ghost").turns() == Told{"ghost interrupted [1]"});
}

TEST_CASE("error lines, rollbacks and legacy items change nothing") {
  CHECK(paginated()
            .start("a")
            .event("error", R"("message":"m")")
            .user("u")
            .agent("v")
            .event("context_compacted")
            .record("compacted", "")
            .complete("a")
            .event("thread_rolled_back", R"("num_turns":1)")
            .turns() == Told{"a completed []"});
}

TEST_CASE("an ordinal counts once: missing, old and repeated ones are passed over") {
  const std::string start = R"("type":"task_started","turn_id":"b")";
  CHECK(paginated().start("a").raw(numbered(1, start)).turns().size() == 1);
  CHECK(paginated().start("a").raw(numbered(0, start)).turns().size() == 1);
  CHECK(paginated().start("a").raw(numbered(900, start)).turns().size() == 2);
  CHECK(
      Lines(Mode::paginated)
          .raw(
              R"({"timestamp":"t","type":"event_msg","payload":{"type":"task_started","turn_id":"b"}})")
          .turns()
          .empty());
}

TEST_CASE("a line that cannot be read uses up no ordinal, one without effect does") {
  const std::string start = R"("type":"task_started","turn_id":"b")";
  CHECK(paginated()
            .raw(R"({"timestamp":"t","ordinal":1,"type":"event_)")
            .raw(numbered(1, start))
            .turns()
            .size() == 1);
  CHECK(paginated()
            .raw(numbered(1, R"("type":"quantum")"))
            .raw(numbered(1, start))
            .turns()
            .size() == 1);
  CHECK(paginated()
            .raw(numbered(1, R"("type":"warning")"))
            .raw(numbered(1, start))
            .turns()
            .empty());
}

TEST_CASE("an item without any readable time is none, and its ordinal is used up") {
  const std::string item =
      R"({"timestamp":"soon","ordinal":1,"type":"event_msg","payload":{"type":"item_completed","turn_id":"a",)";
  const std::string body = R"("item":{"type":"Plan","id":"1","text":"x"}}})";
  const Lines bad = paginated()
                        .raw(item + body)
                        .raw(numbered(1, R"("type":"task_started","turn_id":"a")"));
  CHECK(bad.turns().empty());
  CHECK(read_rollout(bad.text(), ErrorLines::counted).rows.items.empty());
  const Lines good = paginated().raw(item + R"("started_at_ms":5,)" + body);
  CHECK(read_rollout(good.text(), ErrorLines::counted).rows.items.size() == 1);
}

TEST_CASE("the answer is the final one, after the end the last without a phase, never an "
          "aside") {
  const auto answer = [](const Lines& lines) {
    const Run run = read_rollout(lines.text(), ErrorLines::counted);
    return view_of(run.rows, Mode::paginated).at(0).answer;
  };
  const std::string plain = k_answer;
  const Lines lines = paginated()
                          .start("a")
                          .item("a", "1", plain + R"(,"phase":"final_answer")")
                          .item("a", "2", plain + R"(,"phase":"commentary")")
                          .item("a", "3", plain);
  CHECK(answer(lines) == "1");
  CHECK(answer(paginated().start("a").item("a", "3", plain)) == "");
  CHECK(answer(paginated().start("a").item("a", "3", plain).complete("a")) == "3");
}

TEST_CASE("what stands below the start ordinal of a sub-agent is no history") {
  const std::string meta =
      R"({"timestamp":"t","ordinal":0,"type":"session_meta","payload":{"id":"a","history_mode":"paginated","subagent_history_start_ordinal":5}})";
  const std::string text = meta + "\n" +
                           numbered(1, R"("type":"task_started","turn_id":"a")") + "\n" +
                           numbered(5, R"("type":"task_started","turn_id":"b")") + "\n";
  const Run run = read_rollout(text, ErrorLines::counted);
  REQUIRE(run.rows.turns.size() == 1);
  CHECK(run.rows.turns.begin()->second.id == "b");
}
