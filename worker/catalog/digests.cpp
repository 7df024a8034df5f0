#include "worker/catalog/digests.hpp"

#include <algorithm>
#include <span>

namespace coldpress {

namespace {

constexpr std::size_t k_digest = 8;

void append(std::string& to, const Hasher& hasher) {
  std::uint64_t digest = hasher.digest().low;
  for (std::size_t i = 0; i < k_digest; ++i) {
    to += static_cast<char>(digest & 0xffU);
    digest >>= 8U;
  }
}

} // namespace

std::uint64_t last_chunk(std::uint64_t offset) {
  return offset == 0 ? 0 : (offset - 1) / Digests::k_chunk * Digests::k_chunk;
}

Digests Digests::of(std::string_view stored, std::uint64_t chunk_begin) {
  Digests digests;
  const std::uint64_t chunks = chunk_begin / k_chunk;
  if (stored.size() >= chunks * k_digest) {
    digests.whole_ = stored.substr(0, chunks * k_digest);
    digests.length_ = chunks * k_chunk;
  }
  return digests;
}

void Digests::feed(std::string_view data) {
  while (!data.empty()) {
    const std::uint64_t left = k_chunk - length_ % k_chunk;
    const std::string_view part = data.substr(0, left);
    chunk_.update(std::as_bytes(std::span(part)));
    length_ += part.size();
    data.remove_prefix(part.size());
    if (length_ % k_chunk == 0) {
      append(whole_, chunk_);
      chunk_ = Hasher();
    }
  }
}

std::string Digests::bytes() const {
  std::string all = whole_;
  if (length_ % k_chunk != 0) {
    append(all, chunk_);
  }
  return all;
}

} // namespace coldpress
