#include "tests/history/lines.hpp"
#include "worker/history/preview.hpp"
#include "worker/history/thin_line.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace coldpress;
using namespace coldpress::history;

namespace {

Record parsed(const std::string& line) {
  LineParser parser;
  return parser.parse(line, Place{});
}

std::string message(const std::string& json_text) {
  return R"({"timestamp":"t","type":"event_msg","payload":{"type":"user_message","message":")" +
         json_text + R"("}})";
}

std::string repeated(std::string_view what, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += what;
  }
  return text;
}

} // namespace

TEST_CASE("lines that are no records are unreadable") {
  for (const char* line :
       {"",
        " ",
        "{",
        "[]",
        "1",
        "null",
        "\"x\"",
        "{}",
        "{}{}",
        R"({"timestamp":"t","type":"compacted"})",
        R"({"type":"compacted","payload":{}})",
        R"({"timestamp":1,"type":"compacted","payload":{}})",
        R"({"timestamp":"t","type":"compacted","payload":{}}x)",
        R"({"timestamp":"t","type":"compacted","payload":[]})",
        R"({"timestamp":"t","type":"x","type":"compacted","payload":{}})",
        "\xEF\xBB\xBF{\"timestamp\":\"t\",\"type\":\"compacted\",\"payload\":{}}",
        "{\"timestamp\":\"t\",\"type\":\"compacted\",\"payload\":{\"a\":\"\xff\"}}"}) {
    CAPTURE(line);
    CHECK(parsed(line).event == Event::unreadable);
  }
  CHECK(parsed("{\"timestamp\":\"t\",\"type\":\"compacted\",\"payload\":{}} \r").event ==
        Event::compacted);
}

TEST_CASE("an event without what it needs is unreadable") {
  for (const char* payload :
       {R"("type":"task_started")",
        R"("type":"task_started","turn_id":7)",
        R"("type":"task_started","turn_id":null)",
        R"("type":"task_started","turn_id":"a","started_at":"x")",
        R"("type":"task_started","turn_id":"a","started_at":1.5)",
        R"("type":"task_complete","turn_id":null)",
        R"("type":"thread_rolled_back")",
        R"("type":"thread_rolled_back","num_turns":-1)",
        R"("type":"user_message")",
        R"("type":"item_completed","turn_id":"a")",
        R"("type":"item_completed","turn_id":"a","item":{"type":"Plan"})",
        R"("type":7)",
        ""}) {
    CAPTURE(payload);
    CHECK(parsed(R"({"timestamp":"t","type":"event_msg","payload":{)" +
                 std::string(payload) + "}}")
              .event == Event::unreadable);
  }
}

TEST_CASE("of a key that comes twice inside the payload the last counts") {
  const Record record = parsed(
      R"({"timestamp":"t","type":"event_msg","payload":{"type":"user_message","message":"a","message":"b"}})");
  CHECK(record.item->text == "b");
}

TEST_CASE(
    "JSON nested 128 deep is read, deeper is not, and neither overflows the stack") {
  const auto nested = [](std::size_t depth) {
    return R"({"timestamp":"t","type":"compacted","payload":{"a":)" +
           repeated("[", depth) + repeated("]", depth) + "}}";
  };
  CHECK(parsed(nested(120)).event == Event::compacted);
  CHECK(parsed(nested(200)).event == Event::unreadable);
  CHECK(parsed(nested(5'000'000)).event == Event::unreadable);
  CHECK(parsed(repeated(R"({"a":)", 1'000'000)).event == Event::unreadable);
}

TEST_CASE("integers of any length are numbers, floats beyond any are not") {
  const auto with = [](std::string_view number) {
    return parsed(fmt::format(
        R"({{"timestamp":"t","type":"compacted","payload":{{"a":[{},"12345678901234567890123"]}}}})",
        number));
  };
  CHECK(with("123456789012345678901234567890").event == Event::compacted);
  CHECK(with("-123456789012345678901234567890").event == Event::compacted);
  CHECK(with("18446744073709551615").event == Event::compacted);
  CHECK(with("1e300").event == Event::compacted);
  CHECK(with("1e999").event == Event::unreadable);
  CHECK(with(repeated("9", 250)).event == Event::compacted);
  CHECK(
      parsed(
          R"({"timestamp":"t","type":"event_msg","payload":{"type":"task_started","turn_id":"a","started_at":123456789012345678901}})")
          .event == Event::unreadable);
}

TEST_CASE("a long text is cut, and cut between characters and escapes") {
  for (const std::string_view part : {"word ",
                                      "ä漢😀 ",
                                      R"(\uD83D\uDE00 )",
                                      R"(\\ )",
                                      R"(\\\" )",
                                      R"(a\n)", // only blanks would be no text
                                      R"(\uD83D\uDE00)"}) {
    CAPTURE(part);
    for (std::size_t shift = 0; shift < 13; ++shift) {
      const Record record = parsed(message(
          std::string(shift, '.') + repeated(part, 2 * k_longest_text / part.size())));
      REQUIRE(record.event == Event::user_message);
      CHECK(record.item->cut);
      CHECK(record.item->text.size() <= k_longest_text);
      CHECK(record.item->text.size() > k_longest_text / 8);
    }
  }
  const Record slashes = parsed(message(repeated("\\", 2 * k_longest_text)));
  CHECK(slashes.event == Event::user_message);
  CHECK(slashes.item->cut);
}

TEST_CASE("image data in a long line is left out, and the rest of the line is read") {
  const std::string data = "data:image/png;base64," + repeated("QUJD", 100'000);
  const Record record = parsed(
      R"({"timestamp":"t","type":"event_msg","payload":{"type":"user_message","images":[")" +
      data + R"("],"message":"look"}})");
  CHECK(record.event == Event::user_message);
  CHECK(record.item->text == "look");
  CHECK(!record.item->cut);
}

TEST_CASE("what is cut off a long line must be text as well") {
  const std::string long_text = repeated("word ", k_longest_text / 2);
  CHECK(parsed(message(long_text + "\x01" + "end")).event == Event::unreadable);
  CHECK(parsed(message(long_text + "\xff" + "end")).event == Event::unreadable);
  CHECK(parsed(message(long_text).substr(0, 3 * k_longest_text / 2)).event ==
        Event::unreadable);
}

TEST_CASE("lines of 50 MB take a moment, whatever is in them") {
  constexpr std::size_t k_long = std::size_t{50} << 20U;
  const auto began = std::chrono::steady_clock::now();
  for (const std::string& line : {message(repeated("x", k_long)),
                                  message(repeated("\\\"", k_long / 2)),
                                  repeated("\\", k_long),
                                  "\"" + repeated("\\", k_long),
                                  repeated("\"", k_long),
                                  repeated("{\"a\":", k_long / 5),
                                  repeated("9", k_long)}) {
    parsed(line);
  }
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(60));
}

TEST_CASE("a preview is the request, trimmed, or says that there is an image") {
  CHECK(preview_of("  a\n b \n", false) == "a\n b");
  CHECK(preview_of("files\n## My request for Codex:\nfix it\n", false) == "fix it");
  CHECK(preview_of(" ", true) == "[Image]");
  CHECK(preview_of(" ", false).empty());
}
