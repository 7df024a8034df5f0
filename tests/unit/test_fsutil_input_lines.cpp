#include "fsutil/input_lines.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>
#include <vector>

using namespace coldpress;

namespace {

// The lines of a pipe into which `pieces` are written one after the other.
Result<std::vector<std::string>> lines_of(const std::vector<std::string>& pieces,
                                          std::size_t longest = 1 << 20) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  std::thread writer([&] {
    for (const std::string& piece : pieces) {
      (void)!::write(ends[1], piece.data(), piece.size());
    }
    ::close(ends[1]);
  });
  InputLines input(ends[0], "input", longest);
  std::vector<std::string> lines;
  Result<std::optional<std::string>> line = input.next();
  for (; line && *line; line = input.next()) {
    lines.push_back(**line);
  }
  writer.join();
  ::close(ends[0]);
  return line ? Result<std::vector<std::string>>(lines) : Fail(line.error());
}

} // namespace

TEST_CASE("input is given line by line, however it comes, and the last without newline") {
  using Lines = std::vector<std::string>;
  CHECK(lines_of({}).value() == Lines{});
  CHECK(lines_of({"a\nb", "c\n", "\n", "d"}).value() == Lines{"a", "bc", "", "d"});
  CHECK(lines_of({"a\n"}).value() == Lines{"a"});
  const std::string large(200'000, 'x');
  CHECK(lines_of({"a\n" + large, large + "\nb"}).value() ==
        Lines{"a", large + large, "b"});
}

TEST_CASE("input knows whether a line has come already") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  InputLines input(ends[0], "input", 100);
  CHECK_FALSE(input.holds_line());
  REQUIRE(::write(ends[1], "a\nb\nc", 5) == 5);
  CHECK(input.next().value() == "a");
  CHECK(input.holds_line());
  CHECK(input.next().value() == "b");
  CHECK_FALSE(input.holds_line()); // "c" may go on
  ::close(ends[1]);
  CHECK(input.next().value() == "c");
  ::close(ends[0]);
}

TEST_CASE("input that cannot be read, or has too long a line, is an error") {
  InputLines closed(-1, "input", 1);
  const auto failed = closed.next();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().sys == EBADF);
  CHECK(failed.error().path == "input");
  CHECK(lines_of({std::string(40'000, 'x')}, 1000).error().code == Errc::invalid);
}
