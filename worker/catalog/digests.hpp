#pragma once

#include "fsutil/hash.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace coldpress {

// Digests of the beginning of a rollout, one for each chunk of its decoded bytes: they
// tell a file that has grown from one that is another now, by its last chunk or by all.
class Digests {
public:
  static constexpr std::uint64_t k_chunk = std::uint64_t{256} << 10U;

  Digests() = default;
  // What bytes() gave, up to the beginning of a chunk; to be fed from there. Empty if it
  // is of fewer bytes.
  static Digests of(std::string_view stored, std::uint64_t chunk_begin);

  void feed(std::string_view data);
  std::string bytes() const;
  std::uint64_t length() const { return length_; }

private:
  std::string whole_; // of whole chunks
  Hasher chunk_;
  std::uint64_t length_ = 0;
};

// The beginning of the chunk in which the byte before `offset` stands.
std::uint64_t last_chunk(std::uint64_t offset);

} // namespace coldpress
