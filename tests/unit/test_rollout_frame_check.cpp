#include "worker/rollout/codec.hpp"
#include "worker/rollout/frame_check.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <random>

using namespace coldpress;

namespace {

std::vector<std::byte> noise(std::size_t size) {
  std::mt19937 random(7);
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) {
    byte = static_cast<std::byte>(random());
  }
  return bytes;
}

std::vector<std::byte> frame_of(const std::vector<std::byte>& bytes) {
  std::vector<std::byte> frame;
  const Sink sink = [&frame](std::span<const std::byte> out) -> Result<void> {
    frame.insert(frame.end(), out.begin(), out.end());
    return {};
  };
  auto encoder = FrameEncoder::create({1, 20, false}, bytes.size()).value();
  REQUIRE(encoder.push(bytes, sink));
  REQUIRE(encoder.finish(sink));
  return frame;
}

Result<DecodedFrame> check(const std::vector<std::byte>& frame, std::size_t piece) {
  FrameCheck check;
  for (std::size_t at = 0; at < frame.size(); at += piece) {
    const auto begin = frame.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end =
        begin + static_cast<std::ptrdiff_t>(std::min(piece, frame.size() - at));
    check.push({begin, end});
  }
  return check.finish();
}

} // namespace

TEST_CASE("a frame is found to decode to its source, in one piece or in many") {
  const auto source = noise(3'000'000);
  Hasher hasher;
  hasher.update(source);
  const auto frame = frame_of(source);
  for (const std::size_t piece :
       {frame.size(), std::size_t{4096}, std::size_t{999'983}}) {
    CAPTURE(piece);
    const auto decoded = check(frame, piece);
    REQUIRE(decoded);
    CHECK(decoded->plain_hash() == hasher.digest());
    CHECK(decoded->plain_size() == source.size());
  }
}

TEST_CASE("more than may be ahead of the decoder is taken all the same") {
  const auto source = noise(3 * FrameCheck::k_ahead);
  const auto decoded = check(frame_of(source), FrameCheck::k_ahead * 2);
  REQUIRE(decoded);
  CHECK(decoded->plain_size() == source.size());
}

TEST_CASE("a frame with one bit flipped, cut short or followed by more is no proof") {
  const auto source = noise(500'000);
  for (const std::size_t piece : {std::size_t{1} << 20U, std::size_t{4096}}) {
    CAPTURE(piece);
    auto flipped = frame_of(source);
    flipped[flipped.size() / 2] ^= std::byte{0x10};
    CHECK(check(flipped, piece).error().code == Errc::corrupt);
    auto cut = frame_of(source);
    cut.pop_back();
    CHECK(check(cut, piece).error().code == Errc::corrupt);
    auto longer = frame_of(source);
    longer.push_back(std::byte{0});
    CHECK(check(longer, piece).error().code == Errc::corrupt);
  }
  CHECK(check({}, 1).error().code == Errc::corrupt);
}

TEST_CASE("a check that is dropped half way ends at once") {
  const auto frame = frame_of(noise(2'000'000));
  FrameCheck check;
  for (int i = 0; i < 3; ++i) {
    check.push(frame);
  }
}

TEST_CASE("each flipped bit of a small frame is found, with a context that others used") {
  CodecContexts contexts;
  const std::string text(3000, 'a');
  std::vector<std::byte> source = noise(200);
  for (const char letter : text) {
    source.push_back(static_cast<std::byte>(letter));
  }
  Hasher hasher;
  hasher.update(source);
  const auto frame = frame_of(source);
  const auto is_proof = [&](std::vector<std::byte> bytes) {
    FrameCheck check(&contexts);
    check.push(std::move(bytes));
    const auto decoded = check.finish();
    return decoded && decoded->plain_hash() == hasher.digest() &&
           decoded->plain_size() == source.size();
  };
  REQUIRE(is_proof(frame));
  // In the bytes of the source, which stand in the frame as they are, and in its
  // checksum.
  for (std::size_t at = frame.size() - 4; at < frame.size(); ++at) {
    for (const int bit : {1, 2, 4, 8, 16, 32, 64, 128}) {
      auto flipped = frame;
      flipped[at] ^= static_cast<std::byte>(bit);
      CHECK_FALSE(is_proof(std::move(flipped)));
    }
  }
  for (std::size_t at = 20; at < 200; ++at) {
    auto flipped = frame;
    flipped[at] ^= std::byte{0x10};
    CHECK_FALSE(is_proof(std::move(flipped)));
  }
  CHECK(is_proof(frame)); // after all these errors
  CHECK(contexts.kept_bytes() > 0);
}

TEST_CASE("only a frame that does not fit the buffer is decoded on a thread of its own") {
  const std::filesystem::path tasks = "/proc/self/task";
  if (!std::filesystem::exists(tasks)) {
    return;
  }
  const auto threads = [&] {
    return std::distance(std::filesystem::directory_iterator(tasks),
                         std::filesystem::directory_iterator());
  };
  const auto before = threads();
  const auto piece = noise(FrameCheck::k_alone / 4);
  FrameCheck check;
  for (int i = 0; i < 4; ++i) {
    check.push(piece);
    CHECK(threads() == before);
  }
  check.push(piece);
  CHECK(threads() == before + 1);
}
