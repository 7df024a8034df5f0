#include "config/load.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("a version is read with two or three numbers, its suffix ignored") {
  CHECK(parse_version("0.137").value() == Version{0, 137, 0});
  CHECK(parse_version("0.144.6").value() == Version{0, 144, 6});
  CHECK(parse_version("0.169.0-alpha.2").value() == Version{0, 169, 0});
}

TEST_CASE("what is no version is refused") {
  for (const char* text : {"",
                           "0",
                           "0.",
                           "0.137.",
                           "0.137.1.",
                           "0.137.1.2",
                           "v0.137",
                           "-1.2",
                           "0.-1",
                           "0.137-",
                           "0.137 ",
                           "0.137-a b",
                           "0.4294967296"}) {
    CAPTURE(text);
    const auto parsed = parse_version(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == Errc::invalid);
  }
}

TEST_CASE("versions are ordered by number, not by text") {
  CHECK(parse_version("0.99").value() < parse_version("0.137").value());
  CHECK(parse_version("0.144.6").value() < parse_version("0.144.10").value());
}

TEST_CASE("a version is shown as short as it can be read back") {
  CHECK(to_string(Version{0, 137, 0}) == "0.137");
  CHECK(to_string(Version{0, 144, 6}) == "0.144.6");
}
