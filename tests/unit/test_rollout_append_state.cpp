#include "worker/rollout/append_state.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

AppendState after(std::string_view text) {
  AppendState state;
  state.feed(std::as_bytes(std::span(text)));
  return state;
}

std::string record(std::string_view type, std::optional<std::uint64_t> ordinal) {
  return "{\"timestamp\":\"t\"," +
         (ordinal ? "\"ordinal\":" + std::to_string(*ordinal) + "," : std::string()) +
         "\"type\":\"" + std::string(type) + "\",\"payload\":{\"ordinal\":77}}";
}

std::string message(std::optional<std::uint64_t> ordinal) {
  return record("event_msg", ordinal);
}

} // namespace

TEST_CASE("the next ordinal is the highest of any record + 1, also behind a gap") {
  CHECK(after("").next_ordinal().value() == 0);
  CHECK(after(message(0) + "\n").next_ordinal().value() == 1);
  CHECK(after(message(0) + "\n" + message(7) + "\n").next_ordinal().value() == 8);
  CHECK(after(message(3) + "\n" + message(3) + "\n").next_ordinal().value() == 4);
  // Only the newline is missing: the record is good.
  CHECK(after(message(0) + "\n" + message(4)).next_ordinal().value() == 5);
  // Half a record is no record, whatever can be read of it.
  CHECK(after(message(0) + "\n{\"ordinal\":5,\"ty").next_ordinal().value() == 1);
  CHECK(after(message(0) + "\n" + std::string(9, '\0')).next_ordinal().value() == 1);
  // One that no release knows owns its number; one without takes none.
  CHECK(after(message(4) + "\n" + record("quantum_state", 5) + "\n").next_ordinal() == 6);
  CHECK(after(message(4) + "\n" + record("session_state", {}) + "\n").next_ordinal() ==
        5);
  // Without one in the middle: what follows has made it certain again.
  CHECK(after(message({}) + "\n" + message(4) + "\n").next_ordinal() == 5);
}

TEST_CASE("where the next ordinal is not certain it is refused") {
  const auto refused = [](const std::string& text) {
    const auto next = after(text).next_ordinal();
    return !next && next.error().code == Errc::unsupported;
  };
  CHECK(refused(message(4) + "\n" + message(3) + "\n"));
  CHECK(refused(message(4) + "\n" + message(3) + "\n" + message(9) + "\n"));
  CHECK(refused(message(4) + "\n" + message({}) + "\n"));
  CHECK(refused(message(4) + "\n" + message({})));
  CHECK(refused(message(4) + "\n{\"ordinal\":\"5\",\"type\":\"x\"}\n"));
  CHECK(refused(message(~std::uint64_t{0}) + "\n"));
  CHECK(refused(message(k_ordinal_end - 1) + "\n"));
  CHECK_FALSE(refused(message(k_ordinal_end - 2) + "\n"));
}

TEST_CASE("an ordinal is put behind the timestamp, and every other byte stays") {
  CHECK(with_ordinal(R"({"timestamp":"t","type":"a"})", 5) ==
        R"({"timestamp":"t","ordinal":5,"type":"a"})");
  CHECK(with_ordinal(R"({"timestamp":"t"})", 5) == R"({"timestamp":"t","ordinal":5})");
  CHECK(with_ordinal(R"( { "type" : "a" } )", 0) == R"( {"ordinal":0, "type" : "a" } )");
  CHECK(with_ordinal("{}", 1) == R"({"ordinal":1})");
  CHECK(with_ordinal(R"({"timestamp":"a\"b","x":1})", 2) ==
        R"({"ordinal":2,"timestamp":"a\"b","x":1})");
  CHECK(with_ordinal(R"({ })", 3) == R"({"ordinal":3 })");
}

TEST_CASE("a record gets a line by the mode and its type") {
  const AppendState state = after(message(4) + "\n");
  const std::string own = record("event_msg", 5);
  CHECK(next_line(message({}), HistoryMode::paginated, state)->text == message(5) + "\n");
  CHECK(next_line(message({}), HistoryMode::legacy, state)->text == message({}) + "\n");
  CHECK(next_line(record("session_state", {}), HistoryMode::paginated, state)->text ==
        record("session_state", {}) + "\n");
  CHECK(next_line(own, HistoryMode::paginated, state)->text == own + "\n");
  CHECK(next_line(own, HistoryMode::paginated, state)->ordinal == 5);
  for (const auto& bad : {message(6), message(4), record("session_state", 5)}) {
    CHECK(next_line(bad, HistoryMode::paginated, state).error().code == Errc::invalid);
  }
  CHECK(next_line(own, HistoryMode::legacy, state).error().code == Errc::invalid);
  // One that is null would be there twice.
  const std::string null =
      R"({"timestamp":"t","ordin\u0061l":null,"type":"event_msg","payload":1})";
  CHECK(next_line(null, HistoryMode::paginated, state).error().code == Errc::invalid);
}
