#include "worker/rollout/decoded_tail.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace coldpress {

namespace {

constexpr std::uint64_t k_piece = std::uint64_t{256} << 10U;

// Lines are long: a search for the next newline skips most of the bytes.
std::uint64_t newlines_in(std::span<const std::byte> data) {
  std::uint64_t count = 0;
  while (const void* at = std::memchr(data.data(), '\n', data.size())) {
    count += 1;
    data = data.subspan(
        static_cast<std::size_t>(static_cast<const std::byte*>(at) - data.data()) + 1);
  }
  return count;
}

} // namespace

Result<DecodedTail>
read_tail(RolloutReader& reader, std::uint64_t until, std::uint64_t keep) {
  DecodedTail tail;
  std::uint64_t held = 0;
  std::vector<std::byte> spare;
  while (tail.end < until) {
    std::vector<std::byte> piece = std::exchange(spare, {});
    const std::uint64_t want = std::min(k_piece, until - tail.end);
    piece.resize(want);
    TRY_ASSIGN(const std::size_t count, reader.read(piece));
    piece.resize(count);
    if (count > 0) {
      tail.newlines += newlines_in(piece);
      tail.ends_in_newline = piece.back() == std::byte{'\n'};
      tail.end += count;
      held += count;
      tail.pieces.push_back(std::move(piece));
    }
    while (tail.pieces.size() > 1 && held - tail.pieces.front().size() >= keep) {
      held -= tail.pieces.front().size();
      spare = std::move(tail.pieces.front());
      tail.pieces.pop_front();
    }
    if (count < want) {
      break;
    }
  }
  return tail;
}

} // namespace coldpress
