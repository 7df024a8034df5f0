#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace coldpress {

// XXH3-128: finds accidents, not attackers.
struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};

// Of all of `data` at once; the same as a Hasher fed with it.
Hash128 hash_of(std::span<const std::byte> data);

// 32 lower-case hex digits, most significant first (as `xxhsum -H2` prints).
std::string to_hex(const Hash128& hash);

// XXH3-64 of a few bytes at once, for tables.
std::uint64_t hash64(std::span<const std::byte> data);

// Hash of a stream fed piece by piece.
class Hasher {
public:
  Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();

  void update(std::span<const std::byte> data);
  Hash128 digest() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace coldpress
