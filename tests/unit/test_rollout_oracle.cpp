#include "fsutil/clock.hpp"
#include "fsutil/posix_fs.hpp"
#include "worker/rollout/line_reader_backward.hpp"
#include "worker/rollout/line_scan.hpp"

#include <doctest/doctest.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>

using namespace coldpress;
namespace dom = simdjson::dom;

namespace {

const std::string k_folder = std::string(COLDPRESS_ORACLE) + "/reader";

std::string field(const dom::element& element, std::string_view key) {
  std::string_view text;
  return element[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

// One line as the oracle's naive reader and ours describe it, as text to compare.
std::string described(std::uint64_t offset,
                      std::uint64_t bytes,
                      bool newline,
                      bool blank,
                      bool json,
                      std::optional<std::uint64_t> ordinal,
                      const std::string& type) {
  return std::to_string(offset) + "+" + std::to_string(bytes) + (newline ? " nl" : "") +
         (blank ? " blank" : "") + (json ? " json" : "") +
         (ordinal ? " #" + std::to_string(*ordinal) : "") + " " + type;
}

std::vector<std::string> expected_lines(const dom::array& lines) {
  std::vector<std::string> all;
  for (const dom::element line : lines) {
    std::uint64_t ordinal = 0;
    const bool has = line["ordinal"].get(ordinal) == simdjson::SUCCESS;
    all.push_back(described(std::uint64_t(line["offset"]),
                            std::uint64_t(line["bytes"]),
                            bool(line["newline"]),
                            bool(line["blank"]),
                            bool(line["json"]),
                            has ? std::optional(ordinal) : std::nullopt,
                            field(line, "type")));
  }
  return all;
}

std::string described(const Line& line) {
  const LineFacts facts = scan_line(line.text, line.newline);
  return described(line.offset,
                   line.text.size(),
                   line.newline,
                   facts.state == LineState::blank,
                   facts.state == LineState::record,
                   facts.ordinal,
                   facts.type);
}

template <class Reader> Result<std::vector<std::string>> lines_of(Reader& reader) {
  std::vector<std::string> all;
  for (;;) {
    TRY_ASSIGN(const auto line, reader.next());
    if (!line) {
      return all;
    }
    all.push_back(described(*line));
  }
}

// Whether Codex, asked to read the whole thread, found the file damaged.
bool damaged_to_codex(const dom::element& expected) {
  return expected["decoded"].is_null();
}

} // namespace

TEST_CASE(
    "every case of the reader oracle has the lines that it lists, in both directions") {
  if (!std::filesystem::is_directory(k_folder)) {
    MESSAGE("skipped: no oracle at ", k_folder, "; set COLDPRESS_ORACLE");
    return;
  }
  PosixFs fs;
  const SystemClock clock;
  std::size_t cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(k_folder)) {
    const std::string name = entry.path().filename();
    const auto at = name.find(".expected.json");
    const std::string base = k_folder + "/" + name.substr(0, at) + ".jsonl";
    if (at == std::string::npos ||
        (!std::filesystem::exists(base) && !std::filesystem::exists(base + ".zst"))) {
      continue; // the 2 MiB one is described, not stored
    }
    CAPTURE(name);
    cases += 1;
    dom::parser parser;
    dom::element expected;
    REQUIRE(parser.load(entry.path()).get(expected) == simdjson::SUCCESS);

    auto opened = RolloutReader::open(fs, clock, base);
    REQUIRE(opened);
    LineReader forward(std::move(*opened));
    const auto seen = lines_of(forward);
    auto backward = BackwardLineReader::open(fs, clock, base);
    REQUIRE(backward);
    auto reversed = lines_of(*backward);
    if (damaged_to_codex(expected)) {
      REQUIRE_FALSE(seen);
      REQUIRE_FALSE(reversed);
      const Errc why = name.starts_with("54-") ? Errc::unsupported : Errc::corrupt;
      CHECK(seen.error().code == why);
      CHECK(reversed.error().code == why);
      continue;
    }
    REQUIRE(seen);
    REQUIRE(reversed);
    std::reverse(reversed->begin(), reversed->end());
    dom::array lines;
    REQUIRE(expected["lines"].get(lines) == simdjson::SUCCESS);
    CHECK(*seen == expected_lines(lines));
    CHECK(*reversed == *seen);
  }
  CHECK(cases > 30);
}
