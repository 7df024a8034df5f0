#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/unit/line_tools.hpp"
#include "worker/rollout/session_state.hpp"

using namespace coldpress;

TEST_CASE("the last session state wins, and nothing, cleared and a value stay apart") {
  FakeClock clock;
  MemFs fs(clock);
  const std::string task = R"({"task_id":"t-1","n":1.5})";
  const std::string value = session_state_record(clock.wall(), task) + "\n";
  const std::string cleared = session_state_record(clock.wall(), std::nullopt) + "\n";
  const std::string other = "{\"type\":\"event_msg\",\"payload\":\"session_state\"}\n";
  const std::string malformed =
      "{\"type\":\"session_state\",\"payload\":{}}\n"
      "{\"type\":\"session_state\",\"payload\":{\"agent_task\":7}}\n"
      "{\"type\":\"session_state\",\"payl";
  using Kind = SessionState::Kind;
  for (const bool compressed : {false, true}) {
    const auto read = [&](const std::string& text) {
      (void)fs.unlink("/r.jsonl");
      (void)fs.unlink("/r.jsonl.zst");
      fs.put(compressed ? "/r.jsonl.zst" : "/r.jsonl",
             compressed ? frame_of(text) : text);
      return read_session_state(fs, clock, "/r.jsonl").value();
    };
    CHECK(read(other).kind == Kind::nothing);
    CHECK(read(other + malformed).kind == Kind::nothing);
    CHECK(read(value + cleared + other).kind == Kind::cleared);
    const SessionState last = read(cleared + value + other + malformed);
    CHECK(last.kind == Kind::value);
    CHECK(last.value == task);
  }
}
