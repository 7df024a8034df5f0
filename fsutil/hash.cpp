#include "fsutil/hash.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <new>

namespace coldpress {

struct Hasher::State {
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> xxh{XXH3_createState()};
};

Hash128 hash_of(std::span<const std::byte> data) {
  const XXH128_hash_t value = XXH3_128bits(data.data(), data.size());
  return {value.high64, value.low64};
}

std::string to_hex(const Hash128& hash) {
  return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

std::uint64_t hash64(std::span<const std::byte> data) {
  return XXH3_64bits(data.data(), data.size());
}

Hasher::Hasher() : state_(std::make_unique<State>()) {
  if (!state_->xxh) {
    throw std::bad_alloc();
  }
  XXH3_128bits_reset(state_->xxh.get());
}

Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::span<const std::byte> data) {
  XXH3_128bits_update(state_->xxh.get(), data.data(), data.size());
}

Hash128 Hasher::digest() const {
  const XXH128_hash_t value = XXH3_128bits_digest(state_->xxh.get());
  return {value.high64, value.low64};
}

} // namespace coldpress
