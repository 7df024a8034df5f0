#include "tests/unit/line_tools.hpp"

using namespace coldpress;
using namespace std::string_literals;

namespace {

bool is_record(const std::string& line) {
  const LineState whole = scan_line(line, true).state;
  // Byte by byte must be the same as at once.
  LineScan scan;
  for (const char& c : line) {
    scan.feed(std::as_bytes(std::span(&c, 1)));
  }
  CHECK(scan.end(true).state == whole);
  return whole == LineState::record;
}

} // namespace

TEST_CASE("a line is a record, blank, bad, or torn at the end of the file") {
  CHECK(scan_line(R"({"type":"a"})", true).state == LineState::record);
  CHECK(scan_line(R"({"type":"a"})", false).state == LineState::record);
  CHECK(scan_line("", true).state == LineState::blank);
  CHECK(scan_line(" \t\r", true).state == LineState::blank);
  CHECK(scan_line(R"({"type":"a)", true).state == LineState::bad);
  CHECK(scan_line(R"({"type":"a)", false).state == LineState::torn);
  CHECK(scan_line(std::string(200, '\0'), true).state == LineState::bad);
  CHECK(scan_line(std::string(200, '\0'), false).state == LineState::torn);
}

TEST_CASE("what serde_json takes for an object is a record") {
  for (const char* line :
       {R"({})",
        R"( { "a" : [ ] , "b" : { } } )",
        "{\"a\":1}\r",
        R"({"a":[0,-0,10,1.5,-1.5e10,1E+2,2e-3,true,false,null,"x",{"y":[[]]}]})",
        R"({"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"})",
        "{\"\xc3\xa9\":\"\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf\"}"}) {
    CAPTURE(line);
    CHECK(is_record(line));
  }
  const auto nested = [](std::size_t levels) {
    return "{\"a\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  CHECK(is_record(nested(127)));
  CHECK_FALSE(is_record(nested(128)));
}

TEST_CASE("what JSON or UTF-8 has not makes a line bad") {
  for (const std::string& line : {R"([1])"s,
                                  R"(1)"s,
                                  R"("a")"s,
                                  R"({"a":1}{"b":2})"s,
                                  R"({"a":1} x)"s,
                                  R"({"a":1,})"s,
                                  R"({"a":[1,]})"s,
                                  R"({,"a":1})"s,
                                  R"({"a" 1})"s,
                                  R"({"a":})"s,
                                  R"({"a":1])"s,
                                  R"({"a":[1}})"s,
                                  R"({a:1})"s,
                                  R"({"a":01})"s,
                                  R"({"a":-})"s,
                                  R"({"a":1.})"s,
                                  R"({"a":.5})"s,
                                  R"({"a":1e})"s,
                                  R"({"a":1e+})"s,
                                  R"({"a":+1})"s,
                                  R"({"a":tru})"s,
                                  R"({"a":nulll})"s,
                                  R"({"a":NaN})"s,
                                  R"({"a":"\x"})"s,
                                  R"({"a":"\u12g4"})"s,
                                  R"({"a":"\ud800"})"s,
                                  R"({"a":"\ud800x"})"s,
                                  R"({"a":"\ud800\n"})"s,
                                  R"({"a":"\udc00"})"s,
                                  R"({"a":"\ud800\u0041"})"s,
                                  "{\"a\":\"\t\"}"s,
                                  "{\"a\":\"\0\"}"s,
                                  "\xef\xbb\xbf{}"s,
                                  "{\"a\":\"\xff\"}"s,
                                  "{\"a\":\"\xc0\x80\"}"s,
                                  "{\"a\":\"\xe0\x80\x80\"}"s,
                                  "{\"a\":\"\xed\xa0\x80\"}"s,
                                  "{\"a\":\"\xf0\x80\x80\x80\"}"s,
                                  "{\"a\":\"\xf4\x90\x80\x80\"}"s,
                                  "{\"a\":\"\xc3\"}"s,
                                  R"({"a":1}}})"s}) {
    CAPTURE(line);
    CHECK_FALSE(is_record(line));
  }
}

TEST_CASE("type and ordinal are the record's own, not those of what it holds") {
  const LineFacts facts = scan_line(
      R"({"payload":{"type":"no","ordinal":9},"type":"yes","ordinal":7,"x":["type"]})",
      true);
  CHECK(facts.type == "yes");
  CHECK(facts.ordinal == 7);
  CHECK_FALSE(facts.odd_ordinal);

  CHECK(scan_line(R"({"\u0074ype":"a\u0062"})", true).type == "ab");
  CHECK(scan_line(R"({"ordinal":3,"ordinal":2})", true).ordinal == 3);
  CHECK(scan_line(R"({"ordinal":18446744073709551615})", true).ordinal ==
        18446744073709551615U);
  CHECK_FALSE(scan_line(R"({"ordinal":null})", true).odd_ordinal);
  CHECK_FALSE(scan_line(R"({"ordinal":null})", true).ordinal);
  CHECK(scan_line(R"({"type":["a"]})", true).type.empty());
  CHECK(scan_line("{\"type\":\"" + std::string(300, 'a') + "\"}", true).type.empty());
  for (const char* odd :
       {"18446744073709551616", "-1", "1.0", "1e2", "\"1\"", "true", "[]"}) {
    CAPTURE(odd);
    const LineFacts line = scan_line("{\"ordinal\":" + std::string(odd) + "}", true);
    CHECK(line.state == LineState::record);
    CHECK(line.odd_ordinal);
    CHECK_FALSE(line.ordinal);
  }
}

TEST_CASE("a bad line says nothing of a type or an ordinal") {
  const LineFacts facts = scan_line(R"({"type":"a","ordinal":5,"text":"cut)", false);
  CHECK(facts.state == LineState::torn);
  CHECK(facts.type.empty());
  CHECK_FALSE(facts.ordinal);
}
