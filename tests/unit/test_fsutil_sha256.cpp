#include "fsutil/sha256.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace coldpress;

namespace {

std::string hex_of(const std::string& text, std::size_t piece) {
  Sha256 hash;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    hash.update(
        std::as_bytes(std::span(text).subspan(at, std::min(piece, text.size() - at))));
  }
  return hash.hex();
}

} // namespace

TEST_CASE("SHA-256 is that of the standard, however the bytes are fed") {
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{1000}}) {
    CAPTURE(piece);
    CHECK_EQ(hex_of("", piece),
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK_EQ(hex_of("abc", piece),
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_EQ(hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", piece),
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK_EQ(hex_of(std::string(1'000'000, 'a'), piece),
             "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
}

TEST_CASE("the digest of a beginning may be asked while more follows") {
  Sha256 hash;
  const std::string text = "abc";
  hash.update(std::as_bytes(std::span(text)));
  const std::string early = hash.hex();
  CHECK_EQ(hash.hex(), early);
  hash.update(std::as_bytes(std::span(text)));
  CHECK_EQ(hash.hex(), hex_of("abcabc", 6));
}
