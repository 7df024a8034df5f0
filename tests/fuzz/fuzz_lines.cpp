// Every way to read the lines of a rollout against a naive split, plain and compressed,
// whole and cut off.
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/rollout/append_state.hpp"
#include "worker/rollout/codec.hpp"
#include "worker/rollout/line_reader_backward.hpp"
#include "worker/rollout/tail.hpp"
#include "worker/rollout/utf8_lines.hpp"

#include <algorithm>
#include <vector>

using namespace coldpress;

namespace {

const std::string k_plain =
    "/d/rollout-2026-01-02T03-04-05-0199aaaa-bbbb-7ccc-8ddd-000000000001.jsonl";

struct Seen {
  std::uint64_t offset = 0;
  std::string text;
  bool newline = false;
  std::uint64_t number = 0;
  friend bool operator==(const Seen&, const Seen&) = default;
};
using Lines = std::vector<Seen>;

Lines split(std::string_view bytes) {
  Lines lines;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto end = bytes.find('\n', at);
    const bool newline = end != std::string_view::npos;
    const std::size_t stop = newline ? end : bytes.size();
    lines.push_back(
        {at, std::string(bytes.substr(at, stop - at)), newline, lines.size() + 1});
    at = stop + 1;
  }
  return lines;
}

template <class Reader> Result<void> read_all(Reader& reader, Lines& lines) {
  for (;;) {
    TRY_ASSIGN(const auto line, reader.next());
    if (!line) {
      return {};
    }
    lines.push_back({line->offset, std::string(line->text), line->newline, line->number});
  }
}

std::string encode(std::string_view content) {
  std::string frame;
  const Sink sink = [&frame](std::span<const std::byte> data) -> Result<void> {
    frame.append(reinterpret_cast<const char*>(data.data()), data.size());
    return {};
  };
  const auto bytes = std::as_bytes(std::span(content));
  auto encoder =
      FrameEncoder::create(choose_frame_options(content.size(), 1, {}), content.size());
  require(encoder && encoder->push(bytes, sink) && encoder->finish(sink),
          "whatever bytes come can be encoded");
  return frame;
}

// One rollout in one form on a disk of its own; `dice` chooses offset, window and count.
class Rollout {
public:
  Rollout(std::string_view bytes, bool compressed, unsigned dice)
      : bytes_(bytes), expected_(split(bytes)), dice_(dice) {
    fs_.put_dir("/d");
    fs_.put(compressed ? k_plain + ".zst" : k_plain,
            compressed ? encode(bytes) : std::string(bytes));
  }

  void check() {
    check_forward();
    check_from_offset();
    check_backward();
    check_tail();
  }

private:
  RolloutReader open() {
    auto reader = RolloutReader::open(fs_, clock_, k_plain);
    require(reader.has_value(), "a rollout opens");
    return std::move(*reader);
  }

  void check_forward() {
    LineReader reader(open());
    Lines seen;
    require(read_all(reader, seen) && seen == expected_, "forward");
  }

  void check_from_offset() {
    const std::uint64_t offset = dice_ % (bytes_.size() + 2);
    LineReader reader(open());
    require(reader.start_at(offset).has_value(), "any offset can be started at");
    Lines seen;
    require(read_all(reader, seen).has_value(), "from an offset it reads to the end");
    Lines expected;
    for (const Seen& line : expected_) {
      if (line.offset >= offset) {
        expected.push_back(line);
        expected.back().number = 0;
      }
    }
    for (Seen& line : seen) { // counted or not, never wrong
      require(line.number == 0 || expected_.at(line.number - 1).offset == line.offset,
              "a number that is given is the line's");
      line.number = 0;
    }
    require(seen == expected, "from an offset");
  }

  void check_backward() {
    auto reader = BackwardLineReader::open(fs_, clock_, k_plain, 1 + dice_ % 97);
    require(reader.has_value(), "a rollout opens backward");
    const bool counted = dice_ % 2 == 0;
    if (counted) {
      reader->count_lines();
    }
    Lines seen;
    require(read_all(*reader, seen).has_value(), "backward it reads to the beginning");
    std::reverse(seen.begin(), seen.end());
    Lines expected = expected_;
    for (Seen& line : expected) {
      line.number = counted ? line.number : 0;
    }
    require(seen == expected, "backward");
  }

  void check_tail() {
    const std::size_t count = dice_ % 7;
    for (const auto numbers :
         {RolloutTail::Numbers::wanted, RolloutTail::Numbers::not_wanted}) {
      RolloutReader reader = open();
      auto tail = RolloutTail::find(fs_, reader, count, numbers, 1 + dice_ % 89);
      require(tail.has_value(), "a tail is found");
      std::string text;
      require(tail->copy([&text](std::span<const std::byte> data) -> Result<void> {
                    text.append(reinterpret_cast<const char*>(data.data()), data.size());
                    return {};
                  })
                  .has_value(),
              "and copied");
      const std::size_t first = expected_.size() - std::min(count, expected_.size());
      const std::uint64_t begin =
          first < expected_.size() ? expected_[first].offset : bytes_.size();
      require(text == bytes_.substr(begin), "the tail is the last lines");
    }
  }

  FakeClock clock_;
  MemFs fs_{clock_};
  std::string_view bytes_;
  Lines expected_;
  unsigned dice_;
};

// A frame that is cut off: the lines before the cut as they are, then corrupt.
void check_cut_off(std::string_view bytes, unsigned dice) {
  FakeClock clock;
  MemFs fs(clock);
  fs.put_dir("/d");
  const std::string frame = encode(bytes);
  fs.put(k_plain + ".zst", frame.substr(0, dice % frame.size()));
  const Lines expected = split(bytes);
  auto opened = RolloutReader::open(fs, clock, k_plain);
  Lines seen;
  Result<void> end = opened ? Result<void>() : Fail(opened.error());
  if (opened) {
    LineReader reader(std::move(*opened));
    end = read_all(reader, seen);
  }
  require(!end && end.error().code == Errc::corrupt, "a frame cut off is damaged");
  require(seen.size() <= expected.size() &&
              std::equal(seen.begin(), seen.end(), expected.begin()),
          "what comes before the damage is right");
}

// What lines are, in pieces as at once.
void check_facts(std::string_view bytes, unsigned dice) {
  const std::size_t step = 1 + dice % 31;
  LineStream stream;
  AppendState pieces;
  Utf8Lines characters;
  const Lines lines = split(bytes);
  std::size_t nth = 0;
  const auto take = [&](const LineInfo& line) {
    require(nth < lines.size(), "no line is made up");
    const Seen& seen = lines[nth++];
    const LineFacts facts = scan_line(seen.text, seen.newline);
    require(line.place.offset == seen.offset && line.place.number == seen.number &&
                line.bytes == seen.text.size() && line.newline == seen.newline &&
                line.facts.state == facts.state && line.facts.ordinal == facts.ordinal &&
                line.facts.type == facts.type,
            "a line in pieces is the line at once");
  };
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    const auto piece = std::as_bytes(std::span(bytes.substr(at, step)));
    stream.feed(piece, take);
    pieces.feed(piece);
    characters.feed(piece);
  }
  stream.finish(take);
  require(nth == lines.size(), "every line is told of");
  AppendState whole;
  whole.feed(std::as_bytes(std::span(bytes)));
  const auto a = whole.next_ordinal();
  const auto b = pieces.next_ordinal();
  require(a.has_value() == b.has_value() && (!a || *a == *b), "the same next ordinal");
  Utf8Lines at_once;
  at_once.feed(std::as_bytes(std::span(bytes)));
  require(at_once.bad_lines() == characters.bad_lines(), "the same bad lines");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t k_dice = 2;
  if (size < k_dice) {
    return 0;
  }
  const unsigned dice = data[0] * 256U + data[1];
  const std::string_view bytes = as_text(data + k_dice, size - k_dice);
  for (const bool compressed : {false, true}) {
    Rollout(bytes, compressed, dice).check();
  }
  check_cut_off(bytes, dice);
  check_facts(bytes, dice);
  return 0;
}
