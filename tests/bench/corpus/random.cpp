#include "tests/bench/corpus/random.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace coldpress::corpus {

namespace {

constexpr std::string_view k_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

// Two characters for every 12 bits.
using PairTable = std::array<std::array<char, 2>, 4096>;

PairTable make_pairs() {
  PairTable pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    pairs[i] = {k_alphabet[i >> 6], k_alphabet[i & 63]};
  }
  return pairs;
}

} // namespace

std::uint64_t Rng::next() {
  state_ += 0x9e3779b97f4a7c15U;
  return mix(state_);
}

std::uint64_t Rng::spread(std::uint64_t low, std::uint64_t high) {
  unsigned doublings = 0;
  while (low << (doublings + 1) <= high) {
    ++doublings;
  }
  const std::uint64_t floor = low << below(doublings + 1);
  return between(floor, floor * 2 < high ? floor * 2 : high);
}

Rng Rng::child(std::uint64_t tag) const {
  return Rng(mix(state_ ^ mix(tag + 1)));
}

void append_base64(std::string& out, Rng& rng, std::size_t chars) {
  static const PairTable k_pairs = make_pairs();
  const std::size_t begin = out.size();
  out.resize(begin + chars + 10);
  char* to = out.data() + begin;
  for (std::size_t done = 0; done < chars; done += 10) {
    std::uint64_t bits = rng.next();
    for (int pair = 0; pair < 5; ++pair, bits >>= 12) {
      const auto& two = k_pairs[bits & 4095];
      *to++ = two[0];
      *to++ = two[1];
    }
  }
  out.resize(begin + chars);
}

std::string make_uuid(Rng& rng, std::int64_t unix_ms) {
  const auto time = static_cast<std::uint64_t>(unix_ms);
  const std::uint64_t tail = rng.next();
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}",
                     (time >> 16) & 0xffffffffU,
                     time & 0xffffU,
                     rng.next() & 0xfffU,
                     0x8000U | ((tail >> 48) & 0x3fffU),
                     tail & 0xffffffffffffU);
}

} // namespace coldpress::corpus
