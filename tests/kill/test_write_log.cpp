#include "tests/kill/disk_image.hpp"
#include "tests/kill/write_log.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

using namespace coldpress;

namespace {

constexpr std::size_t k_block = 4096;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string new_image(const std::string& path, std::size_t blocks) {
  std::ofstream(path).close();
  std::filesystem::resize_file(path, blocks * k_block);
  return path;
}

} // namespace

TEST_CASE("a log falls into what came between its flushes, in order") {
  const TempDir dir;
  const std::string path = dir.path() + "/log";
  std::uint64_t before_second_flush = 0;
  {
    WriteLogger log(path);
    log.wrote(0, bytes_of("one"));
    log.flushed();
    log.wrote(0, bytes_of("two"));
    log.wrote(1, bytes_of("WO"));
    before_second_flush = log_place(path);
    log.flushed();
  }
  const WriteLog log(path);
  REQUIRE(log.windows().size() == 3);
  CHECK(log.windows()[0].writes.size() == 1);
  CHECK(log.windows()[1].writes.size() == 2);
  CHECK(log.windows()[1].end == before_second_flush);
  CHECK(log.windows()[2].writes.empty());
  CHECK(log.windows()[2].end == log_place(path));

  const OpenImage image(new_image(dir.path() + "/image", 1));
  log.apply(log.windows()[0], image.fd());
  CHECK(content(dir.path() + "/image").substr(0, 3) == "one");
  log.apply(log.windows()[1], image.fd());
  CHECK(content(dir.path() + "/image").substr(0, 3) == "tWO");
}

TEST_CASE("a chance cut takes any blocks of a write, and each of them whole") {
  const TempDir dir;
  const std::string path = dir.path() + "/log";
  const std::string written(4 * k_block, 'x');
  WriteLogger(path).wrote(k_block / 2, bytes_of(written)); // over the ends of blocks
  const WriteLog log(path);
  std::set<std::string> seen;
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    const std::string image = new_image(dir.path() + "/image", 6);
    log.apply_some(log.windows()[0], OpenImage(image).fd(), random);
    std::string taken;
    for (std::size_t block = 0; block < 6; ++block) {
      const std::string part = content(image).substr(block * k_block, k_block);
      const auto count =
          static_cast<std::size_t>(std::count(part.begin(), part.end(), 'x'));
      const std::size_t whole = block == 0 || block == 4 ? k_block / 2
                                : block == 5             ? 0
                                                         : k_block;
      CHECK((count == 0 || count == whole));
      taken += count > 0 ? '1' : '0';
    }
    seen.insert(taken);
  }
  CHECK(seen.size() == 32); // of five pieces, every choice
}

TEST_CASE("the power is cut all along a log, and where the most was written") {
  CHECK(spread(2, 100) == std::set<std::size_t>{25, 75});
  CHECK(spread(9, 3) == std::set<std::size_t>{0, 1, 2});
  CHECK(spread(0, 3).empty());
  std::vector<WriteLog::Window> windows(100);
  windows[40].writes = {{0, 0, 700}, {0, 0, 700}};
  windows[41].writes = {{0, 0, 1000}};
  windows[42].writes = {{0, 0, 10}};
  CHECK(places_in(windows, 4) == std::set<std::size_t>{25, 40, 41, 75});
  CHECK(places_in(windows, 1000).size() == windows.size());
}

TEST_CASE("a log that ends in the middle of a write is not played") {
  const TempDir dir;
  const std::string path = dir.path() + "/log";
  WriteLogger(path).wrote(0, bytes_of("some bytes"));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  CHECK_THROWS(WriteLog(path));
}

TEST_CASE("a sparse copy has the same bytes, and holes for its zeros") {
  const TempDir dir;
  const std::string from = new_image(dir.path() + "/from", 300);
  const std::string to = dir.path() + "/to";
  {
    std::fstream file(from, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(100 * k_block));
    file << std::string(150 * k_block, '\0') << "the end";
  }
  std::ofstream(to) << "what was there before";
  copy_sparse(from, to);
  CHECK(is_same_image(from, to));
  CHECK(content(from) == content(to));
  CHECK(std::filesystem::file_size(to) == 300 * k_block);
  {
    std::fstream file(to, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(299 * k_block + 5));
    file << 'x'; // in a hole of the other
  }
  CHECK_FALSE(is_same_image(from, to));
  CHECK_FALSE(is_same_image(to, from));
}
