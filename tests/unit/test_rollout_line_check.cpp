#include "worker/rollout/line_check.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace coldpress;

namespace {

// Fed whole and byte by byte, which must be the same.
std::uint64_t odd_lines(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  LineCheck whole;
  whole.feed(bytes);
  LineCheck single;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    single.feed(bytes.subspan(i, 1));
  }
  CHECK(whole.odd_lines() == single.odd_lines());
  return whole.odd_lines();
}

} // namespace

TEST_CASE("whole JSON objects, blank lines and CRLF are not odd") {
  CHECK(odd_lines("") == 0);
  CHECK(odd_lines("{\"a\":[1,{\"b\":\"}\\\"{\"}]}\n\n  \r\n{}\r\n{\"c\":\"\xc3\xa4\"}") ==
        0);
}

TEST_CASE("a torn line is odd, wherever it stands") {
  CHECK(odd_lines("{\"a\":\"b\n{}\n") == 1);
  CHECK(odd_lines("{}\n{\"a\":{}") == 1);
  CHECK(odd_lines("{\"a\":1}{\"b\":2}\n") == 1);
  CHECK(odd_lines("text\n{}\n") == 1);
  CHECK(odd_lines("}\n") == 1);
}

TEST_CASE("bytes that JSON or UTF-8 has not are odd") {
  CHECK(odd_lines(std::string_view("{\"a\":\"\0\"}\n", 10)) == 1);
  CHECK(odd_lines("{\"a\":\"\xff\"}\n") == 1);
  CHECK(odd_lines("{\"a\":\"\xc3\"}\n") == 1);
  CHECK(odd_lines("{\"a\":\x01}\n{}\n{\x80}\n") == 2);
}
