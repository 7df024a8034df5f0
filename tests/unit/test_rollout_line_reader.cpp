#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/unit/line_tools.hpp"
#include "worker/rollout/follow.hpp"
#include "worker/rollout/line_reader_backward.hpp"

#include <algorithm>
#include <random>

using namespace coldpress;

namespace {

const std::string k_plain = "/s/rollout-x.jsonl";
const std::string k_zst = k_plain + ".zst";

struct Disk {
  FakeClock clock;
  MemFs fs{clock};

  void put(const std::string& bytes, bool compressed) {
    (void)fs.unlink(k_plain);
    (void)fs.unlink(k_zst);
    fs.put(compressed ? k_zst : k_plain, compressed ? frame_of(bytes) : bytes);
  }
  LineReader forward() {
    auto reader = RolloutReader::open(fs, clock, k_plain);
    REQUIRE(reader);
    return LineReader(std::move(*reader));
  }
};

template <class Reader> std::vector<SeenLine> all_of(Reader& reader) {
  std::vector<SeenLine> lines;
  for (;;) {
    auto line = reader.next();
    REQUIRE(line);
    if (!*line) {
      return lines;
    }
    lines.push_back({(*line)->offset, std::string((*line)->text), (*line)->newline});
  }
}

// Mostly short lines, now and then one that spans blocks; CR, NUL and bad UTF-8 in them.
std::string random_bytes(std::mt19937& random, std::size_t size) {
  static const std::string k_alphabet("a{}\"\\\r\0\xff\n\n", 10);
  std::string bytes;
  while (bytes.size() < size) {
    if (random() % 40 == 0) {
      bytes.append(random() % 90'000, 'x');
    }
    bytes += k_alphabet[random() % k_alphabet.size()];
  }
  return bytes;
}

} // namespace

TEST_CASE("forward, backward and offset reads agree with a naive split, in either form") {
  Disk disk;
  std::mt19937 random(1);
  for (const std::size_t size :
       {0UL, 1UL, 2UL, 7UL, 100UL, 65'536UL, 300'000UL, 900'000UL}) {
    const std::string bytes = random_bytes(random, size);
    const auto want = split_lines(bytes);
    const std::vector<SeenLine> back(want.rbegin(), want.rend());
    for (const bool compressed : {false, true}) {
      CAPTURE(size);
      CAPTURE(compressed);
      disk.put(bytes, compressed);
      LineReader forward = disk.forward();
      CHECK(all_of(forward) == want);
      // A window of nothing makes each piece another decoding.
      for (const std::uint64_t window : {std::uint64_t{0}, k_tail_window}) {
        auto backward = BackwardLineReader::open(disk.fs, disk.clock, k_zst, window);
        REQUIRE(backward);
        CHECK(all_of(*backward) == back);
      }
      for (int i = 0; i < 20; ++i) {
        const std::uint64_t offset =
            i == 0 ? bytes.size() : random() % (bytes.size() + 2);
        LineReader from = disk.forward();
        REQUIRE(from.start_at(offset));
        std::vector<SeenLine> rest;
        std::copy_if(want.begin(),
                     want.end(),
                     std::back_inserter(rest),
                     [&](const auto& l) { return l.offset >= offset; });
        CAPTURE(offset);
        CHECK(all_of(from) == rest);
      }
    }
  }
  CHECK(disk.fs.open_handles() == 0);
}

TEST_CASE("lines are numbered from 1, unless the plain file was entered in its middle") {
  Disk disk;
  for (const bool compressed : {false, true}) {
    disk.put("a\nb\nc", compressed);
    LineReader all = disk.forward();
    CHECK((*all.next())->number == 1);
    CHECK((*all.next())->number == 2);
    LineReader middle = disk.forward();
    REQUIRE(middle.start_at(2));
    CHECK((*middle.next())->number == (compressed ? 2 : 0));
  }
}

TEST_CASE("a reader that has read a line starts nowhere else") {
  Disk disk;
  for (const bool compressed : {false, true}) {
    disk.put("{}\n{\"a\":1}\n{}\n", compressed);
    LineReader lines = disk.forward();
    REQUIRE(lines.next());
    CHECK(lines.start_at(11).error().code == Errc::invalid);
    CHECK((*lines.next())->offset == 3);
  }
}

TEST_CASE("a record of 60 MB is a line like any other") {
  Disk disk;
  const std::string record =
      "{\"type\":\"a\",\"p\":\"" + std::string(60'000'000, 'x') + "\"}";
  disk.put("{}\n" + record + "\n{}", true);
  LineReader forward = disk.forward();
  REQUIRE(forward.next());
  auto line = forward.next();
  REQUIRE(line);
  CHECK((*line)->text.size() == record.size());
  CHECK(scan_line((*line)->text, true).type == "a");
  auto backward = BackwardLineReader::open(disk.fs, disk.clock, k_plain);
  REQUIRE(backward);
  REQUIRE(backward->next());
  line = backward->next();
  REQUIRE(line);
  CHECK((*line)->offset == 3);
  CHECK((*line)->text == record);
}

TEST_CASE("a line beyond the limit is an error with its offset, not a piece of it") {
  Disk disk;
  disk.put("{}\n" + std::string(700'000, 'x'), false);
  auto reader = RolloutReader::open(disk.fs, disk.clock, k_plain);
  REQUIRE(reader);
  LineReader lines(std::move(*reader), 300'000);
  REQUIRE(lines.next());
  const auto line = lines.next();
  REQUIRE_FALSE(line);
  CHECK(line.error().code == Errc::unsupported);
  CHECK(describe(line.error()).find("byte 3") != std::string::npos);
}

TEST_CASE("a reader keeps what it opened while the form changes under it") {
  Disk disk;
  std::string bytes;
  for (int i = 0; i < 50'000; ++i) {
    bytes += "line " + std::to_string(i) + "\n";
  }
  for (const bool compressed : {false, true}) {
    disk.put(bytes, compressed);
    LineReader forward = disk.forward();
    auto backward = BackwardLineReader::open(disk.fs, disk.clock, k_plain, 0);
    REQUIRE(backward);
    REQUIRE(forward.next());
    REQUIRE(backward->next());
    disk.put("other\n", !compressed);
    CHECK(all_of(forward).size() == 49'999);
    CHECK(all_of(*backward).size() == 49'999);
  }
}

TEST_CASE("damage is corrupt, and says after how many bytes") {
  Disk disk;
  const std::string good = frame_of("{}\n{}\n");
  for (std::string bad : {good.substr(0, good.size() - 2), good + "garbage", good}) {
    if (bad == good) {
      bad.back() = static_cast<char>(bad.back() ^ 1);
    }
    disk.fs.put(k_zst, bad);
    LineReader forward = disk.forward();
    auto line = forward.next();
    while (line && *line) {
      line = forward.next();
    }
    REQUIRE_FALSE(line);
    CHECK(line.error().code == Errc::corrupt);
    CHECK(describe(line.error()).find("byte ") != std::string::npos);
    auto backward = BackwardLineReader::open(disk.fs, disk.clock, k_zst);
    REQUIRE(backward);
    CHECK(backward->next().error().code == Errc::corrupt);
  }
}

TEST_CASE("a plain file that is cut while it is read backward is changed, not shorter") {
  Disk disk;
  disk.put(std::string(200'000, 'x') + "\nlast\n", false);
  auto backward = BackwardLineReader::open(disk.fs, disk.clock, k_plain);
  REQUIRE(backward);
  REQUIRE(backward->next());
  disk.fs.put(k_plain, "x");
  const auto line = backward->next();
  REQUIRE_FALSE(line);
  CHECK(line.error().code == Errc::changed);
}

TEST_CASE("a follower goes on across compressing, a late write and the way back") {
  Disk disk;
  disk.put("one\n", false);
  auto follower = RolloutFollower::open(disk.fs, disk.clock, k_zst);
  REQUIRE(follower);
  std::vector<std::byte> buffer(64);
  const auto read = [&] {
    auto count = follower->read(buffer);
    REQUIRE(count);
    return std::string(reinterpret_cast<const char*>(buffer.data()), *count);
  };
  CHECK(read() == "one\n");
  CHECK(read().empty());
  auto writer = disk.fs.open_for_append_resolve(k_plain);
  REQUIRE(writer);
  REQUIRE(disk.fs.finish_open(*writer) == MemFs::Opened::yes);
  disk.fs.append_to(*writer, "two\n");
  CHECK(read() == "two\n");

  disk.fs.put(k_zst, frame_of("one\ntwo\n"));
  REQUIRE(disk.fs.unlink(k_plain));
  CHECK(read().empty());
  disk.fs.append_to(*writer, "late\n"); // to the file that has lost its name
  CHECK(read() == "late\n");

  disk.fs.put(k_plain, "one\ntwo\nlate\nthree\n");
  CHECK(read() == "three\n");
  CHECK(follower->offset() == 19);

  disk.fs.put(k_plain, "one\n");
  CHECK(follower->read(buffer).error().code == Errc::changed);
}

TEST_CASE("a follower of a .zst waits for the plain file") {
  Disk disk;
  disk.put("one\n", true);
  auto follower = RolloutFollower::open(disk.fs, disk.clock, k_plain);
  REQUIRE(follower);
  std::vector<std::byte> buffer(64);
  CHECK(follower->read(buffer) == 4);
  CHECK(follower->read(buffer) == 0);
  disk.fs.put(k_plain, "one\ntwo\n");
  CHECK(follower->read(buffer) == 4);
  CHECK(follower->read(buffer) == 0);
}
