#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/rollout/reverse_lines.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace coldpress;

namespace {

struct Read {
  std::vector<std::string> lines; // in the order of the file; of a long one "…" and its
                                  // first bytes
  bool complete = false;
};

Read read_back(const std::string& text, ReverseLines::Limits limits) {
  FakeClock clock;
  MemFs disk(clock);
  disk.put("/file", text, clock.wall());
  const File file(disk, disk.open_read("/file").value());
  ReverseLines lines(disk, file.handle(), text.size(), limits);
  Read read;
  for (;;) {
    const auto line = lines.next();
    REQUIRE(line.has_value());
    if (!*line) {
      break;
    }
    read.lines.push_back(((*line)->whole ? "" : "…") + std::string((*line)->text));
  }
  read.complete = lines.complete();
  std::reverse(read.lines.begin(), read.lines.end());
  return read;
}

constexpr ReverseLines::Limits k_all{std::uint64_t{1} << 40U, std::size_t{1} << 30U};

} // namespace

TEST_CASE("lines read from the end are those of the file, whatever its ends look like") {
  using Lines = std::vector<std::string>;
  CHECK(read_back("", k_all).lines == Lines{});
  CHECK(read_back("\n", k_all).lines == Lines{""});
  CHECK(read_back("a", k_all).lines == Lines{"a"});
  CHECK(read_back("a\n", k_all).lines == Lines{"a"});
  CHECK(read_back("a\n\nb\r\n\n", k_all).lines == Lines{"a", "", "b\r", ""});
  CHECK(read_back("\na\nno newline", k_all).lines == Lines{"", "a", "no newline"});
  CHECK(read_back("a\n", k_all).complete);
}

TEST_CASE("a line that crosses blocks, and a newline at their edge, are read whole") {
  // The first block from the end is 64 KiB, the next ones 1 MiB.
  for (const std::size_t last : {65534U, 65535U, 65536U, 65537U}) {
    for (const std::size_t middle : {1048574U, 1048575U, 1048576U, 3000000U}) {
      CAPTURE(last);
      CAPTURE(middle);
      const std::string a(10, 'a');
      const std::string b(middle, 'b');
      const std::string c(last, 'c');
      const Read read = read_back(a + "\n" + b + "\n" + c + "\n", k_all);
      REQUIRE(read.lines.size() == 3);
      CHECK(read.lines[0] == a);
      CHECK(read.lines[1] == b);
      CHECK(read.lines[2] == c);
    }
  }
}

TEST_CASE(
    "of a line beyond the limit only the beginning is given, and the next is whole") {
  const std::string lead = "begins like this ";
  for (const std::size_t length : {5000U, 200'000U, 5'000'000U}) {
    CAPTURE(length);
    const std::string text = "first\n" + lead + std::string(length, 'x') + "\nlast\n";
    const Read read = read_back(text, {1U << 30U, 4096});
    REQUIRE(read.lines.size() == 3);
    CHECK(read.lines[0] == "first");
    CHECK(read.lines[1].starts_with("…" + lead));
    CHECK(read.lines[1].size() < 1000);
    CHECK(read.lines[2] == "last");
    CHECK(read.complete);
  }
}

TEST_CASE("reading stops at the limit of bytes, gives no half line and says so") {
  const std::string text = std::string(200'000, 'a') + "\nlast\n";
  const Read read = read_back(text, {100'000, 1U << 20U});
  CHECK(read.lines == std::vector<std::string>{"last"});
  CHECK_FALSE(read.complete);
}

TEST_CASE("a file that became shorter meanwhile is an error") {
  FakeClock clock;
  MemFs disk(clock);
  disk.put("/file", "a\nb\n", clock.wall());
  const File file(disk, disk.open_read("/file").value());
  ReverseLines lines(disk, file.handle(), 100, k_all);
  const auto line = lines.next();
  REQUIRE_FALSE(line.has_value());
  CHECK(line.error().code == Errc::changed);
}
