#include "tests/bench/corpus/text.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string_view>
#include <vector>

namespace coldpress::corpus {

namespace {

constexpr std::size_t k_words = 2048;

std::vector<std::string> make_words() {
  constexpr std::array<std::string_view, 24> k_syllables = {
      "re", "con", "ta", "li",  "par", "se", "mo", "der", "in", "ver", "ti", "on",
      "al", "ex",  "po", "que", "st",  "or", "ma", "ne",  "fi", "le",  "un", "ed"};
  Rng rng(7);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < k_words; ++i) {
    std::string word;
    // Frequent words are short ones.
    const std::uint64_t syllables = 1 + (i > 24 ? rng.between(1, 2) : 0);
    for (std::uint64_t n = 0; n < syllables; ++n) {
      word += k_syllables[rng.below(k_syllables.size())];
    }
    words.push_back(std::move(word));
  }
  return words;
}

std::string_view word(Rng& rng) {
  static const std::vector<std::string> k_list = make_words();
  const std::uint64_t bits = rng.next();
  // A product of two draws: low numbers come often, as common words do.
  const std::uint64_t skewed = ((bits & 0xffff) * ((bits >> 16) & 0xffff)) >> 16;
  return k_list[(skewed * ((bits >> 32) & 0xffff) >> 16) * k_words >> 16];
}

template <class... Args>
void put(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

void build_line(std::string& out, Rng& rng) {
  put(out, "[{}/412] Building CXX object src/CMakeFiles/core.dir/", rng.below(412));
  append_source_path(out, rng);
  out += ".o\\n";
}

void search_line(std::string& out, Rng& rng) {
  append_source_path(out, rng);
  put(out, ":{}:  const auto {} = ", rng.below(900), word(rng));
  put(out, "{}_{}({});\\n", word(rng), word(rng), word(rng));
}

void listing_line(std::string& out, Rng& rng) {
  put(out,
      "-rw-r--r-- 1 dev dev {:8} Mar {:2} {:02}:{:02} ",
      rng.spread(100, 90000),
      rng.between(1, 28),
      rng.below(24),
      rng.below(60));
  append_source_path(out, rng);
  out += "\\n";
}

void test_line(std::string& out, Rng& rng) {
  put(out, "test {}::{}_", word(rng), word(rng));
  put(out, "{}_{} ... ok ({} ms)\\n", word(rng), word(rng), rng.below(90));
}

void source_line(std::string& out, Rng& rng) {
  constexpr std::array<std::string_view, 6> k_heads = {"  if (",
                                                       "    return ",
                                                       "  const auto& ",
                                                       "  for (const auto& ",
                                                       "  // ",
                                                       "  TRY("};
  put(out, "{}{} ", k_heads[rng.below(k_heads.size())], word(rng));
  put(out, "{}.{}({}, ", word(rng), word(rng), word(rng));
  put(out, "\\\"{} {}\\\");\\n", word(rng), word(rng));
}

} // namespace

void append_prose(std::string& out, Rng& rng, std::size_t size) {
  const std::size_t end = out.size() + size;
  while (out.size() < end) {
    for (std::uint64_t left = rng.between(5, 16); left > 0; --left) {
      out += word(rng);
      out += left > 1 ? ' ' : '.';
    }
    out += rng.percent(20) ? "\\n\\n" : " ";
  }
}

void append_source_path(std::string& out, Rng& rng) {
  put(out, "{}/{}_{}.cpp", word(rng), word(rng), word(rng));
}

void append_command(std::string& out, Rng& rng) {
  switch (rng.below(4)) {
  case 0:
    put(out, "rg -n {}_{} src | head -{}", word(rng), word(rng), rng.between(20, 90));
    return;
  case 1:
    put(out, "sed -n '{},260p' src/", rng.between(1, 240));
    append_source_path(out, rng);
    return;
  case 2:
    put(out, "cmake --build build -j 4 && ctest --test-dir build -R {}", word(rng));
    return;
  default:
    put(out, "git diff --stat HEAD~{} -- src/{}", rng.between(1, 9), word(rng));
    return;
  }
}

void append_output(std::string& out, Rng& rng, std::size_t size) {
  using Line = void (*)(std::string&, Rng&);
  constexpr std::array<Line, 5> k_kinds = {
      build_line, search_line, listing_line, test_line, source_line};
  const Line line = k_kinds[rng.below(k_kinds.size())];
  const std::size_t end = out.size() + size;
  while (out.size() < end) {
    line(out, rng);
  }
}

} // namespace coldpress::corpus
