#include "tests/support/temp_dir.hpp"
#include "worker/rollout/codec.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

using namespace coldpress;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

Sink append_to(std::string& text) {
  return [&text](std::span<const std::byte> data) -> Result<void> {
    for (const std::byte byte : data) {
      text += static_cast<char>(byte);
    }
    return {};
  };
}

std::string random_bytes(std::size_t size) {
  std::mt19937 random(7);
  std::string out(size, '\0');
  std::generate(out.begin(), out.end(), [&] { return static_cast<char>(random()); });
  return out;
}

std::string lines(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += R"({"type":"event_msg","ordinal":)" + std::to_string(i) + "}\n";
  }
  return out;
}

std::string encode(const std::string& plain, const FrameOptions& options) {
  auto encoder = FrameEncoder::create(options, plain.size());
  REQUIRE(encoder);
  std::string frame;
  constexpr std::size_t k_piece = 70'001;
  for (std::size_t at = 0; at < plain.size(); at += k_piece) {
    REQUIRE(
        encoder->push(bytes_of(plain).subspan(at, std::min(k_piece, plain.size() - at)),
                      append_to(frame)));
  }
  REQUIRE(encoder->finish(append_to(frame)));
  return frame;
}

std::string encode(const std::string& plain) {
  return encode(plain, choose_frame_options(plain.size(), 3, std::nullopt));
}

Result<std::string>
decode(const std::string& file, Frames frames, std::size_t piece = SIZE_MAX) {
  TRY_ASSIGN(FrameDecoder decoder, FrameDecoder::create(frames));
  std::string plain;
  for (std::size_t at = 0; at < file.size();) {
    const std::size_t count = std::min(piece, file.size() - at);
    TRY(decoder.push(bytes_of(file).subspan(at, count), append_to(plain)));
    at += count;
  }
  TRY(decoder.finish());
  return plain;
}

// A frame with one raw block and no checksum, made without an encoder.
std::string raw_frame(const std::string& header, const std::string& content) {
  const auto size = content.size() * 8 + 1; // raw, last
  std::string frame = "\x28\xB5\x2F\xFD" + header;
  for (const unsigned shift : {0U, 8U, 16U}) {
    frame += static_cast<char>((size >> shift) & 255U);
  }
  return frame + content;
}

const std::string k_skippable("\x5A\x2A\x4D\x18\x03\x00\x00\x00xyz", 11);

} // namespace

TEST_CASE("a frame gives back every byte of what went in") {
  const std::vector<std::string> samples = {"",
                                            "x",
                                            std::string(1, '\0'),
                                            "torn {\"a\":\r\n\n\0\xFF no end",
                                            random_bytes(300'000),
                                            lines(20'000),
                                            std::string(3'000'000, 'a')};
  for (const std::string& plain : samples) {
    for (const int level : {1, 3, 9, 19}) {
      CAPTURE(plain.size());
      CAPTURE(level);
      const std::string frame =
          encode(plain, choose_frame_options(plain.size(), level, std::nullopt));
      CHECK(decode(frame, Frames::one) == plain);
      CHECK(decode(frame, Frames::any) == plain);
      const auto info = inspect_frame(bytes_of(frame));
      REQUIRE(info);
      CHECK(info->content_size == plain.size());
      CHECK(info->checksum);
      CHECK_FALSE(info->has_dictionary);
    }
  }
}

TEST_CASE("a rollout far larger than the window round-trips, window as asked") {
  const std::string plain = lines(40'000) + random_bytes(200'000) + lines(40'000);
  const std::string frame = encode(plain, choose_frame_options(plain.size(), 3, 12));
  CHECK(inspect_frame(bytes_of(frame))->window_size == 4096);
  CHECK(decode(frame, Frames::one) == plain);
}

TEST_CASE("long-distance matching finds a copy far behind") {
  const std::string once = random_bytes(9'000'000);
  const std::string twice = once + once;
  const std::string frame = encode(twice);
  CHECK(frame.size() < once.size() + once.size() / 10);
  CHECK(decode(frame, Frames::one) == twice);
}

TEST_CASE("content larger than 2^27 is no single segment and keeps the window at 2^27") {
  const std::string piece(std::size_t{1} << 20U, 'a');
  const std::uint64_t size = (std::uint64_t{129} << 20U);
  auto encoder = FrameEncoder::create(choose_frame_options(size, 1, std::nullopt), size);
  REQUIRE(encoder);
  std::string frame;
  for (int i = 0; i < 129; ++i) {
    REQUIRE(encoder->push(bytes_of(piece), append_to(frame)));
  }
  REQUIRE(encoder->finish(append_to(frame)));
  const auto info = inspect_frame(bytes_of(frame));
  REQUIRE(info);
  CHECK(info->window_size == std::uint64_t{1} << 27U);
  CHECK(info->content_size == size);

  auto decoder = FrameDecoder::create(Frames::one);
  REQUIRE(decoder);
  std::uint64_t came = 0;
  REQUIRE(decoder->push(bytes_of(frame), [&](std::span<const std::byte> data) {
    came += data.size();
    return Result<void>();
  }));
  CHECK(decoder->finish());
  CHECK(came == size);
}

TEST_CASE("more or fewer bytes than announced end the encoding as changed") {
  std::string frame;
  auto more = FrameEncoder::create(choose_frame_options(3, 3, std::nullopt), 3);
  REQUIRE(more);
  const auto pushed = more->push(bytes_of("four"), append_to(frame));
  REQUIRE_FALSE(pushed);
  CHECK(pushed.error().code == Errc::changed);

  auto fewer = FrameEncoder::create(choose_frame_options(3, 3, std::nullopt), 3);
  REQUIRE(fewer);
  REQUIRE(fewer->push(bytes_of("ab"), append_to(frame)));
  const auto finished = fewer->finish(append_to(frame));
  REQUIRE_FALSE(finished);
  CHECK(finished.error().code == Errc::changed);
}

TEST_CASE("options no reader accepts are refused") {
  for (const FrameOptions& options : {FrameOptions{3, 28, false},
                                      FrameOptions{3, 9, false},
                                      FrameOptions{0, 20, false},
                                      FrameOptions{23, 20, false}}) {
    const auto encoder = FrameEncoder::create(options, 10);
    REQUIRE_FALSE(encoder);
    CHECK(encoder.error().code == Errc::invalid);
  }
}

TEST_CASE("an error of the sink stops encoder and decoder") {
  const Sink full = [](std::span<const std::byte>) -> Result<void> {
    return Fail(Error{Errc::no_space, 0, "write", "", {}});
  };
  auto encoder = FrameEncoder::create(choose_frame_options(1, 3, std::nullopt), 1);
  REQUIRE(encoder);
  REQUIRE(encoder->push(bytes_of("x"), full));
  const auto finished = encoder->finish(full);
  REQUIRE_FALSE(finished);
  CHECK(finished.error().code == Errc::no_space);

  auto decoder = FrameDecoder::create(Frames::one);
  REQUIRE(decoder);
  const auto pushed = decoder->push(bytes_of(encode("x")), full);
  REQUIRE_FALSE(pushed);
  CHECK(pushed.error().code == Errc::no_space);
}

TEST_CASE("a frame fed in any pieces decodes the same") {
  const std::string plain = lines(3000);
  const std::string frame = encode(plain);
  for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL, 100UL}) {
    CHECK(decode(frame, Frames::one, piece) == plain);
  }
}

TEST_CASE("no flipped bit of a frame gives wrong bytes") {
  const std::string compressible = lines(30);
  const std::string incompressible = random_bytes(500);
  for (const std::string& plain : {compressible, incompressible}) {
    const std::string frame = encode(plain);
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
      std::string damaged = frame;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      CAPTURE(bit);
      const auto decoded = decode(damaged, Frames::one);
      CHECK((!decoded || *decoded == plain));
      // Stored as it is, every bit but one that the format leaves unused has a meaning;
      // compressed, some entropy codes end in padding.
      const bool unused = bit == 4 * 8 + 4;
      CHECK((!decoded || unused || plain == compressible));
    }
  }
}

TEST_CASE("a frame cut at any length is refused") {
  const std::string plain = lines(50);
  const std::string frame = encode(plain);
  for (const Frames frames : {Frames::one, Frames::any}) {
    for (std::size_t length = 0; length < frame.size(); ++length) {
      const auto decoded = decode(frame.substr(0, length), frames);
      CAPTURE(length);
      REQUIRE_FALSE(decoded);
      CHECK(decoded.error().code == Errc::corrupt);
      CHECK_FALSE(decoded.error().context.empty());
    }
  }
}

TEST_CASE("anything after the one frame is refused") {
  const std::string frame = encode("hello");
  for (const std::string& more : {std::string("\n"), k_skippable, frame}) {
    for (const std::size_t piece : {SIZE_MAX, std::size_t{1}, frame.size()}) {
      const auto decoded = decode(frame + more, Frames::one, piece);
      REQUIRE_FALSE(decoded);
      CHECK(decoded.error().code == Errc::corrupt);
    }
  }
  const auto garbage = decode(frame + "garbage!", Frames::any);
  REQUIRE_FALSE(garbage);
  CHECK(garbage.error().code == Errc::corrupt);
}

TEST_CASE("anything before the one frame is refused") {
  const std::string frame = encode("hello");
  for (const std::string& file : {k_skippable, k_skippable + frame, "\n" + frame}) {
    for (const std::size_t piece : {SIZE_MAX, std::size_t{1}}) {
      const auto decoded = decode(file, Frames::one, piece);
      REQUIRE_FALSE(decoded);
      CHECK(decoded.error().code == Errc::corrupt);
    }
  }
}

TEST_CASE("several frames with skippable ones around them read as one rollout") {
  const std::string file = k_skippable + encode("one\n") + k_skippable + encode("") +
                           encode("two") + k_skippable;
  for (const std::size_t piece : {SIZE_MAX, std::size_t{1}, std::size_t{5}}) {
    CHECK(decode(file, Frames::any, piece) == "one\ntwo");
  }
}

TEST_CASE("a frame without checksum and size is readable") {
  CHECK(decode(raw_frame(std::string("\x00\x50", 2), "plain"), Frames::one) == "plain");
}

TEST_CASE("a frame whose content is not as long as it says is refused") {
  CHECK(decode(raw_frame("\x20\x05", "plain"), Frames::one) == "plain");
  CHECK_FALSE(decode(raw_frame("\x20\x04", "plain"), Frames::one));
  CHECK_FALSE(decode(raw_frame("\x20\x06", "plain"), Frames::one));
}

TEST_CASE(
    "a frame that ends in an empty block must hold what it declares, in pieces, too") {
  const std::string nothing_of_44("\x28\xB5\x2F\xFD\x20\x2C\x01\x00\x00", 9);
  for (std::size_t piece = 1; piece <= nothing_of_44.size(); ++piece) {
    CAPTURE(piece);
    auto decoder = FrameDecoder::create(Frames::any);
    REQUIRE(decoder);
    std::string out;
    Result<void> read;
    for (std::size_t at = 0; at < nothing_of_44.size() && read; at += piece) {
      const std::string part = nothing_of_44.substr(at, piece);
      read = decoder->push(bytes_of(part), append_to(out));
    }
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Errc::corrupt);
  }
}

TEST_CASE("a window of 2^27 is read, a wider one refused as unsupported") {
  CHECK(decode(raw_frame(std::string("\x00\x88", 2), "plain"), Frames::any) == "plain");
  for (const std::string& header :
       {std::string("\x00\x89", 2),                // 2^27 + 2^24
        std::string("\x00\x90", 2),                // 2^28
        std::string("\xA0\x00\x00\x00\x10", 5)}) { // single segment of 2^28
    const auto decoded = decode(raw_frame(header, "plain"), Frames::any);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().code == Errc::unsupported);
    CHECK(decoded.error().context.size() == 2);
  }
}

TEST_CASE("a frame that needs a dictionary is refused as unsupported") {
  const auto decoded = decode(raw_frame("\x21\x07\x05", "plain"), Frames::any);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code == Errc::unsupported);
}

TEST_CASE("the memory estimate covers what an encoder holds and stays near it") {
  for (const int level : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 18, 19}) {
    for (const std::uint64_t size :
         {std::uint64_t{1000}, std::uint64_t{1} << 20U, std::uint64_t{200} << 20U}) {
      const FrameOptions options = choose_frame_options(size, level, std::nullopt);
      auto encoder = FrameEncoder::create(options, size);
      REQUIRE(encoder);
      std::string frame;
      REQUIRE(encoder->push(bytes_of("x"), append_to(frame)));
      CAPTURE(level);
      CAPTURE(size);
      const std::uint64_t estimate = encoder_memory_bytes(options, size);
      CHECK(estimate >= encoder->memory_bytes());
      CHECK(estimate <= 3 * encoder->memory_bytes() + (4U << 20U));
    }
  }
}

TEST_CASE("frames of the zstd program read back") {
  if (std::system("command -v zstd >/dev/null") != 0) {
    MESSAGE("no zstd program here: nothing to compare with");
    return;
  }
  const TempDir dir;
  const std::string plain = lines(5000) + random_bytes(5000);
  std::ofstream(dir / "in", std::ios::binary) << plain;
  for (const std::string& arguments : {std::string("-1"),
                                       std::string("-3 --no-check"),
                                       std::string("-9 --long=27"),
                                       std::string("-19"),
                                       std::string("--ultra -22"),
                                       std::string("--fast=5"),
                                       std::string("-3 --no-content-size"),
                                       std::string("-3 -T2 -B100000")}) {
    CAPTURE(arguments);
    const std::string command = "zstd -q -f " + arguments + " '" + (dir / "in") +
                                "' -o '" + (dir / "out.zst") + "'";
    REQUIRE(std::system(command.c_str()) == 0);
    std::ifstream file(dir / "out.zst", std::ios::binary);
    const std::string frame{std::istreambuf_iterator<char>(file), {}};
    CHECK(decode(frame, Frames::any) == plain);
    CHECK(decode(frame, Frames::one) == plain);
  }
}

TEST_CASE("the zstd program reads and tests our frames") {
  if (std::system("command -v zstd >/dev/null") != 0) {
    MESSAGE("no zstd program here: nothing to compare with");
    return;
  }
  const TempDir dir;
  const std::string plain = lines(5000);
  std::ofstream(dir / "in", std::ios::binary) << plain;
  std::ofstream(dir / "in.zst", std::ios::binary) << encode(plain);
  const std::string command =
      "zstd -q -d -c '" + (dir / "in.zst") + "' | cmp -s - '" + (dir / "in") + "'";
  CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE(
    "a borrowed context makes the same frames as a new one, whatever it made before") {
  const std::vector<std::pair<std::string, FrameOptions>> jobs = {
      {lines(2000), {9, 17, false}},
      {random_bytes(300'000) + lines(100), {19, 19, false}},
      {lines(300'000), {3, 24, true}}, // long-distance matching must not stay on
      {lines(2000), {9, 17, false}},
      {"x", {1, 10, false}},
      {lines(9000) + random_bytes(9000), {9, 18, false}}};
  CodecContexts contexts;
  for (const auto& [plain, options] : jobs) {
    const std::size_t size = plain.size(); // Clang 14 captures no structured binding
    CAPTURE(size);
    const auto made = [&plain = plain, &options = options](CodecContexts* lender) {
      std::string frame;
      auto encoder = FrameEncoder::create(options, plain.size(), lender).value();
      REQUIRE(encoder.push(bytes_of(plain), append_to(frame)));
      REQUIRE(encoder.finish(append_to(frame)));
      return frame;
    };
    const std::string frame = made(&contexts);
    CHECK(frame == made(nullptr));
    auto decoder = FrameDecoder::create(Frames::one, &contexts).value();
    std::string again;
    REQUIRE(decoder.push(bytes_of(frame), append_to(again)));
    CHECK(decoder.finish());
    CHECK(again == plain);
  }
}

TEST_CASE("a context is as new after one that failed half way") {
  CodecContexts contexts;
  const std::string plain = lines(1000);
  std::string torn;
  {
    auto encoder =
        FrameEncoder::create({9, 20, false}, 2 * plain.size(), &contexts).value();
    REQUIRE(encoder.push(bytes_of(plain), append_to(torn)));
    CHECK_FALSE(encoder.finish(append_to(torn)));
    auto decoder = FrameDecoder::create(Frames::one, &contexts).value();
    CHECK(decoder.push(bytes_of(encode(plain)).first(50), append_to(torn)));
    CHECK_FALSE(decoder.finish());
  }
  std::string frame;
  auto encoder = FrameEncoder::create({9, 20, false}, plain.size(), &contexts).value();
  REQUIRE(encoder.push(bytes_of(plain), append_to(frame)));
  REQUIRE(encoder.finish(append_to(frame)));
  std::string again;
  auto decoder = FrameDecoder::create(Frames::one, &contexts).value();
  REQUIRE(decoder.push(bytes_of(frame), append_to(again)));
  CHECK(decoder.finish());
  CHECK(again == plain);
}

TEST_CASE("idle contexts are lent again, and never hold more than they may") {
  constexpr std::uint64_t k_most = std::uint64_t{8} << 20U;
  CodecContexts contexts(k_most);
  const auto use = [&contexts](std::uint64_t size) {
    const std::string plain(size, 'a');
    std::string frame;
    auto encoder =
        FrameEncoder::create(choose_frame_options(size, 9, {}), size, &contexts).value();
    REQUIRE(encoder.push(bytes_of(plain), append_to(frame)));
    REQUIRE(encoder.finish(append_to(frame)));
    return encoder.memory_bytes();
  };
  const std::uint64_t small = use(20'000);
  CHECK(contexts.kept_bytes() == small);
  use(20'000);
  CHECK(contexts.kept_bytes() == small); // the same one
  CHECK(use(30U << 20U) > k_most);
  CHECK(contexts.kept_bytes() == 0); // it grew, and was freed
  {
    std::vector<FrameEncoder> at_once;
    for (int i = 0; i < 20; ++i) {
      at_once.push_back(FrameEncoder::create({9, 19, false}, 500'000, &contexts).value());
      std::string frame;
      REQUIRE(at_once.back().push(bytes_of(std::string(500'000, 'a')), append_to(frame)));
    }
    CHECK(contexts.kept_bytes() == 0);
  }
  CHECK(contexts.kept_bytes() > 0);
  CHECK(contexts.kept_bytes() <= k_most);
}

TEST_CASE("a small frame comes in one piece, and none with too wide a window") {
  const std::string plain = lines(20'000);
  const std::string frame = encode(plain);
  auto decoder = FrameDecoder::create(Frames::one).value();
  int pieces = 0;
  REQUIRE(decoder.push(bytes_of(frame), [&](std::span<const std::byte> data) {
    pieces += data.size() == plain.size() ? 1 : 100;
    return Result<void>();
  }));
  CHECK(pieces == 1);
  // Window 2^28, and a content size of 5 in eight bytes.
  const std::string wide =
      raw_frame(std::string("\xC0\x90\x05\0\0\0\0\0\0\0", 10), "small");
  const auto decoded = decode(wide, Frames::one);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code == Errc::unsupported);
}
