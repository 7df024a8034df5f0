#include "worker/history/history.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <map>
#include <vector>

using namespace coldpress;
using namespace coldpress::history;

namespace {

std::string cells(const Effect& effect) {
  return fmt::format("{} | {} | {}",
                     name_of(effect.turn),
                     name_of(effect.item),
                     name_of(effect.lifecycle));
}

std::string row_text(const EventRow& row) {
  const std::string_view is = row.event == Event::unknown  ? "unknown"
                              : row.where == Where::record ? "record"
                                                           : "event";
  return fmt::format(
      "| `{}` | {} | {} | {} |", row.wire, is, cells(row.legacy), cells(row.paginated));
}

std::vector<std::string> documented_rows() {
  std::ifstream file(COLDPRESS_EVENTS_MD);
  std::vector<std::string> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `")) {
      rows.push_back(line);
    }
  }
  return rows;
}

// A payload of each wire name that has an effect somewhere.
const std::map<std::string_view, std::string> k_samples = {
    {"session_meta", R"("id":"second","history_mode":"legacy")"},
    {"task_started", R"("turn_id":"t2","started_at":1)"},
    {"turn_started", R"("turn_id":"t2","started_at":1)"},
    {"task_complete", R"("turn_id":"t1","completed_at":1)"},
    {"turn_complete", R"("turn_id":"t1","error":{"message":"m"})"},
    {"turn_aborted", R"("turn_id":"t1","reason":"interrupted")"},
    {"error", R"("message":"m","codex_error_info":"bad_request")"},
    {"thread_rolled_back", R"("num_turns":1)"},
    {"user_message", R"("message":"hello")"},
    {"agent_message", R"("message":"hello")"},
    {"agent_reasoning", R"("text":"hm")"},
    {"agent_reasoning_raw_content", R"("text":"hm")"},
    {"item_completed", R"("turn_id":"t1","item":{"type":"Plan","id":"p","text":"x"})"},
    {"patch_apply_end", R"("call_id":"c","success":true)"},
    {"mcp_tool_call_end", R"("call_id":"c","result":{"Ok":{"content":[]}})"},
    {"web_search_end", R"("call_id":"c","query":"q")"},
    {"image_generation_end", R"("call_id":"c","status":"completed","result":"aGk=")"},
    {"sub_agent_activity", R"("event_id":"e","kind":"started")"},
    {"entered_review_mode", R"("target":{"type":"custom"})"},
    {"exited_review_mode", R"("review_output":null)"},
    {"context_compacted", ""},
    {"compacted", R"("message":"short")"},
    {"response_item",
     R"("type":"message","role":"user","content":[{"type":"input_text","text":)"
     R"("<hook_prompt hook_run_id=\"r\">again</hook_prompt>"}])"},
    {"token_count", R"("info":{"total_token_usage":{"total_tokens":7}})"},
};

class Feed {
public:
  std::vector<Step> line(std::string_view type, const std::string& payload) {
    const std::string text = fmt::format(
        R"({{"timestamp":"2026-01-02T03:04:05Z","ordinal":{},"type":"{}","payload":{{{}}}}})",
        at_.line,
        type,
        payload);
    at_.line += 1;
    at_.offset = at_.line * 1000;
    return reducer_.take(parser_.parse(text, at_));
  }
  std::vector<Step> row(const EventRow& row) {
    const auto sample = k_samples.find(row.wire);
    std::string payload = sample == k_samples.end() ? "" : sample->second;
    if (row.where == Where::record) {
      return line(row.wire, payload);
    }
    payload =
        fmt::format(R"("type":"{}"{}{})", row.wire, payload.empty() ? "" : ",", payload);
    return line("event_msg", payload);
  }
  std::string preview() const { return reducer_.thread().preview; }

private:
  LineParser parser_;
  Reducer reducer_{ErrorLines::counted};
  Place at_;
};

// What the steps of one record are in the words of the table.
Effect effect_of(const std::vector<Step>& steps) {
  Effect effect;
  for (const Step& step : steps) {
    switch (step.kind) {
    case Step::Kind::opened:
      effect.turn = step.implicit ? TurnEffect::may_open : TurnEffect::opens;
      effect.item = step.implicit ? effect.item : ItemEffect::state;
      effect.lifecycle = step.implicit ? effect.lifecycle : LifecycleEffect::started;
      break;
    case Step::Kind::ended:
      effect = {TurnEffect::ends, ItemEffect::state, LifecycleEffect::ended};
      break;
    case Step::Kind::failed:
      effect = {TurnEffect::fails, ItemEffect::state, LifecycleEffect::failed};
      break;
    case Step::Kind::removed:
      effect = {TurnEffect::removes, ItemEffect::tombstone, LifecycleEffect::rolled_back};
      break;
    case Step::Kind::item:
      effect.item = ItemEffect::upsert;
      break;
    case Step::Kind::tokens:
      effect.turn = TurnEffect::tokens;
      break;
    case Step::Kind::realtime:
      effect.lifecycle = LifecycleEffect::realtime;
      break;
    case Step::Kind::renewed:
      break;
    }
  }
  return effect;
}

// With no turn open what may open one does, and with one open all else has its effect.
Effect tried(const EventRow& row, Mode mode) {
  const Effect& wanted = mode == Mode::legacy ? row.legacy : row.paginated;
  Feed feed;
  feed.line("session_meta",
            fmt::format(R"("id":"first","history_mode":"{}")", name_of(mode)));
  if (wanted.turn != TurnEffect::may_open) {
    feed.line("event_msg", R"("type":"task_started","turn_id":"t1")");
  }
  Effect effect = effect_of(feed.row(row));
  if (row.event == Event::user_message && mode == Mode::paginated &&
      !feed.preview().empty()) {
    effect.turn = TurnEffect::preview;
  }
  return effect;
}

} // namespace

TEST_CASE("EVENTS.md holds the table that the code holds") {
  std::vector<std::string> rows;
  for (const EventRow& row : event_table()) {
    rows.push_back(row_text(row));
  }
  const auto documented = documented_rows();
  REQUIRE(documented.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(documented[i] == rows[i]);
  }
}

TEST_CASE("every record does what its row of the table says, and nothing else") {
  for (const EventRow& row : event_table()) {
    CAPTURE(row.wire);
    CHECK(cells(tried(row, Mode::legacy)) == cells(row.legacy));
    CHECK(cells(tried(row, Mode::paginated)) == cells(row.paginated));
  }
}

TEST_CASE("what may open a turn opens none if one is open") {
  for (const EventRow& row : event_table()) {
    if (row.legacy.turn != TurnEffect::may_open) {
      continue;
    }
    CAPTURE(row.wire);
    Feed feed;
    feed.line("session_meta", R"("id":"first")");
    feed.line("event_msg", R"("type":"task_started","turn_id":"t1")");
    const Effect effect = effect_of(feed.row(row));
    CHECK(effect.turn == TurnEffect::none);
    CHECK(effect.item == row.legacy.item);
  }
}

TEST_CASE("a name that is not in the table is unknown, and counted by its name") {
  History history(ErrorLines::counted);
  history.feed(R"({"timestamp":"","type":"quantum_state","payload":{}})");
  history.feed(R"({"timestamp":"","type":"event_msg","payload":{"type":"leap"}})");
  history.feed(
      R"({"timestamp":"","type":"session_state","payload":{"agent_task":null}})");
  CHECK(history.counts().unknown ==
        std::map<std::string, std::uint64_t>{
            {"leap", 1}, {"quantum_state", 1}, {"session_state", 1}});
  CHECK(history.counts().unreadable == 0);
}
