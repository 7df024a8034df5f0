#include "fsutil/hash.hpp"

#include <doctest/doctest.h>

#include <string_view>

namespace coldpress {

namespace {

Hash128 hash_of(std::string_view text, std::size_t piece) {
  Hasher hasher;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    hasher.update(std::as_bytes(std::span(text.substr(at, piece))));
  }
  return hasher.digest();
}

} // namespace

TEST_CASE("the hash is XXH3-128 as xxhsum -H2 prints it") {
  CHECK_EQ(to_hex(Hasher().digest()), "99aa06d3014798d86001c324468d497f");
}

TEST_CASE("to_hex keeps leading zeros and puts the high half first") {
  CHECK_EQ(to_hex({1, 0xab}), "000000000000000100000000000000ab");
}

TEST_CASE("the hash does not depend on how the stream was cut") {
  const std::string text(5000, 'x');
  const Hash128 whole = hash_of(text, text.size());
  for (const std::size_t piece : {1U, 7U, 240U, 1024U}) {
    CHECK(hash_of(text, piece) == whole);
  }
}

TEST_CASE("one changed byte anywhere changes the hash") {
  const std::string text(300, 'x');
  const Hash128 whole = hash_of(text, text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string other = text;
    other[at] = 'y';
    CHECK_FALSE(hash_of(other, other.size()) == whole);
  }
}

TEST_CASE("digest may be asked in the middle of a stream") {
  const std::string_view text = "onetwo";
  Hasher hasher;
  hasher.update(std::as_bytes(std::span(text.substr(0, 3))));
  CHECK(hasher.digest() == hash_of("one", 3));
  Hasher moved = std::move(hasher);
  moved.update(std::as_bytes(std::span(text.substr(3))));
  CHECK(moved.digest() == hash_of(text, 6));
}

} // namespace coldpress
