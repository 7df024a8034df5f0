#include "worker/rollout/utf8_lines.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace coldpress;

namespace {

std::uint64_t bad_in_pieces(std::string_view text, std::size_t piece) {
  Utf8Lines lines;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    lines.feed(std::as_bytes(std::span(text.substr(at, piece))));
    lines.feed({});
  }
  return lines.bad_lines();
}

// The same from one line at a time, byte by byte by the table of the standard.
std::size_t good_character(std::string_view text) {
  const auto at = [&](std::size_t nth) {
    return nth < text.size() ? static_cast<unsigned char>(text[nth]) : 0U;
  };
  const auto tail = [&](std::size_t nth) { return at(nth) >= 0x80 && at(nth) <= 0xbf; };
  const unsigned c = at(0);
  if (c < 0x80) {
    return 1;
  }
  if (c >= 0xc2 && c <= 0xdf && tail(1)) {
    return 2;
  }
  if (c >= 0xe0 && c <= 0xef && tail(1) && tail(2) && (c != 0xe0 || at(1) >= 0xa0) &&
      (c != 0xed || at(1) <= 0x9f)) {
    return 3;
  }
  if (c >= 0xf0 && c <= 0xf4 && tail(1) && tail(2) && tail(3) &&
      (c != 0xf0 || at(1) >= 0x90) && (c != 0xf4 || at(1) <= 0x8f)) {
    return 4;
  }
  return 0;
}

std::uint64_t naive(std::string_view text) {
  std::uint64_t bad = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (!line.empty() && good_character(line) > 0) {
      line.remove_prefix(good_character(line));
    }
    bad += line.empty() ? 0 : 1;
  }
  return bad;
}

} // namespace

TEST_CASE("lines that are not UTF-8 are counted, wherever the pieces are cut") {
  for (const auto& [text, bad] : {std::pair<std::string, std::uint64_t>("", 0),
                                  {"a\n\xc3\xa4\n", 0},
                                  {"\xff\n\n\xff", 2},
                                  {"\xff\xff\n", 1},
                                  {"\xc3\n\xa4\n", 2}, // a character over a newline
                                  {"\xf0\x9f\x98\x80\n", 0},
                                  {"\xf0\x9f\x98", 1},
                                  {"\xed\xa0\x80\n", 1}, // a surrogate
                                  {"\xc0\x80\n", 1}}) {
    const std::string& whole = text; // Clang 14 captures no structured binding
    CAPTURE(whole);
    for (std::size_t piece = 1; piece <= text.size() + 1; ++piece) {
      CHECK(bad_in_pieces(text, piece) == bad);
    }
  }
}

TEST_CASE("counting lines that are not UTF-8 agrees with a naive reference") {
  constexpr std::string_view k_bytes("a\n\xc3\xa4\xe2\x82\xac\xf0\x9f\xff\xed\xa0", 12);
  std::mt19937 random(14); // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (std::size_t left = random() % 24; left > 0; --left) {
      text += k_bytes[random() % k_bytes.size()];
    }
    CHECK(bad_in_pieces(text, 1 + random() % 9) == naive(text));
  }
}
