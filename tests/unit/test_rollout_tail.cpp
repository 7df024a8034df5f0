#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/unit/line_tools.hpp"
#include "worker/rollout/line_reader_backward.hpp"
#include "worker/rollout/tail.hpp"

#include <random>

using namespace coldpress;

namespace {

const std::string k_plain = "/s/rollout-x.jsonl";

std::string random_lines(std::mt19937& random, std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    bytes.append(random() % 30 == 0 ? random() % 400'000 : random() % 9, 'x');
    bytes += '\n';
  }
  if (random() % 2 == 0) {
    bytes += "no newline";
  }
  return bytes;
}

struct Disk {
  FakeClock clock;
  MemFs fs{clock};
  RolloutReader open(const std::string& bytes, bool compressed) {
    (void)fs.unlink(k_plain);
    (void)fs.unlink(k_plain + ".zst");
    fs.put(k_plain + (compressed ? ".zst" : ""), compressed ? frame_of(bytes) : bytes);
    auto reader = RolloutReader::open(fs, clock, k_plain);
    REQUIRE(reader);
    return std::move(*reader);
  }
};

} // namespace

TEST_CASE("the last lines are those of a naive split, with their place, in either form") {
  Disk disk;
  std::mt19937 random(7);
  for (const std::size_t size : {0UL, 1UL, 3UL, 70'000UL, 2'000'000UL}) {
    const std::string bytes = random_lines(random, size);
    const auto all = split_lines(bytes);
    for (const std::uint64_t count : {std::uint64_t{0},
                                      std::uint64_t{1},
                                      std::uint64_t{2},
                                      std::uint64_t{all.size() / 2},
                                      std::uint64_t{all.size()},
                                      std::uint64_t{all.size() + 5}}) {
      for (const bool compressed : {false, true}) {
        for (const bool numbers : {false, true}) {
          for (const std::uint64_t window : {std::uint64_t{0}, k_tail_window}) {
            CAPTURE(size);
            CAPTURE(count);
            CAPTURE(compressed);
            CAPTURE(numbers);
            CAPTURE(window);
            RolloutReader reader = disk.open(bytes, compressed);
            auto tail = RolloutTail::find(disk.fs,
                                          reader,
                                          count,
                                          numbers ? RolloutTail::Numbers::wanted
                                                  : RolloutTail::Numbers::not_wanted,
                                          window);
            REQUIRE(tail);
            std::string got;
            REQUIRE(tail->copy(append_to(got)));
            const std::size_t first = all.size() - std::min(all.size(), count);
            const std::uint64_t from =
                first < all.size() ? all[first].offset : bytes.size();
            CHECK(got == bytes.substr(from));
            CHECK(tail->begin().offset == from);
            CHECK(tail->end() == bytes.size());
            if (numbers) {
              CHECK(tail->begin().number == first + 1);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("a line stream describes what a naive split gives, whatever the pieces") {
  std::mt19937 random(3);
  const std::string bytes =
      "{\"type\":\"a\",\"ordinal\":7}\n\n[1]\n\xff\n{\"type\":\"b\"}\n{\"half\":";
  const auto all = split_lines(bytes);
  for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
    std::vector<LineInfo> seen;
    LineStream stream;
    const LineStream::Take take = [&](const LineInfo& line) { seen.push_back(line); };
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      stream.feed(
          std::as_bytes(std::span(bytes)).subspan(at, std::min(piece, bytes.size() - at)),
          take);
    }
    stream.finish(take);
    REQUIRE(seen.size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      CHECK(seen[i].place.number == i + 1);
      CHECK(seen[i].place.offset == all[i].offset);
      CHECK(seen[i].bytes == all[i].text.size());
      CHECK(seen[i].newline == all[i].newline);
      CHECK(seen[i].facts.state == scan_line(all[i].text, all[i].newline).state);
    }
  }
}

TEST_CASE("a cut gives all from the first wanted line on, whatever the pieces") {
  const std::string bytes = "one\n\nthree\nfour";
  const auto all = split_lines(bytes);
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    for (std::uint64_t number = 1; number <= all.size() + 1; ++number) {
      for (std::uint64_t offset = 0; offset <= bytes.size(); ++offset) {
        LineCut cut({offset, number});
        std::string got;
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
          const auto wanted =
              cut.feed(std::as_bytes(std::span(bytes))
                           .subspan(at, std::min(piece, bytes.size() - at)));
          got.append(reinterpret_cast<const char*>(wanted.data()), wanted.size());
        }
        std::string want;
        std::optional<LinePlace> place;
        for (std::size_t i = 0; i < all.size(); ++i) {
          if (i + 1 >= number && all[i].offset >= offset) {
            want = bytes.substr(all[i].offset);
            place = LinePlace{all[i].offset, i + 1};
            break;
          }
        }
        CHECK(got == want);
        CHECK(cut.begun() == place.has_value());
        if (place) {
          CHECK(cut.place().offset == place->offset);
          CHECK(cut.place().number == place->number);
        }
      }
    }
  }
}

TEST_CASE("lines read backward have their numbers where they are counted") {
  Disk disk;
  for (const bool compressed : {false, true}) {
    (void)disk.open("a\n\nc", compressed);
    auto lines = BackwardLineReader::open(disk.fs, disk.clock, k_plain);
    REQUIRE(lines);
    lines->count_lines();
    for (std::uint64_t number = 3; number > 0; --number) {
      const auto line = lines->next();
      REQUIRE(line);
      REQUIRE(*line);
      CHECK((*line)->number == number);
    }
  }
}
