#include "tests/fuzz/fuzz.hpp"
#include "worker/rollout/codec.hpp"

#include <algorithm>
#include <array>
#include <string>

using namespace coldpress;

namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t k_most = std::size_t{1} << 20U;
constexpr std::size_t k_out = 1000;

std::string_view text_of(Bytes bytes) {
  return as_text(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

// Takes at most k_most bytes, then ends the decoding with an error of its own.
Sink into(std::string& out) {
  return [&out](Bytes bytes) -> Result<void> {
    if (out.size() + bytes.size() > k_most) {
      return Fail(Error{Errc::canceled, 0, "fuzz", "", {}});
    }
    out += text_of(bytes);
    return {};
  };
}

Result<std::string> decode_at_once(Frames frames, Bytes bytes) {
  TRY_ASSIGN(FrameDecoder decoder, FrameDecoder::create(frames));
  std::string out;
  TRY(decoder.push(bytes, into(out)));
  TRY(decoder.finish());
  return out;
}

// `step` bytes at a time, into a small buffer.
Result<std::string> decode_in_steps(Frames frames, Bytes bytes, std::size_t step) {
  TRY_ASSIGN(FrameDecoder decoder, FrameDecoder::create(frames));
  std::array<std::byte, k_out> buffer{};
  std::string out;
  while (!bytes.empty()) {
    Bytes piece = bytes.first(std::min(step, bytes.size()));
    bytes = bytes.subspan(piece.size());
    std::size_t written = buffer.size();
    while (written == buffer.size()) {
      TRY_ASSIGN(written, decoder.decode(piece, buffer));
      TRY(into(out)(Bytes(buffer).first(written)));
    }
    require(piece.empty(), "less than the buffer holds: all is read");
  }
  TRY(decoder.finish());
  return out;
}

bool too_much(const Result<std::string>& decoded) {
  return !decoded && decoded.error().code == Errc::canceled;
}

void check_error(const Result<std::string>& decoded) {
  if (!decoded) {
    const Errc code = decoded.error().code;
    require(code == Errc::corrupt || code == Errc::unsupported || code == Errc::canceled,
            "what cannot be decoded is damaged or unsupported");
  }
}

void check_one_frame(Bytes bytes, const std::string& content) {
  const auto any = decode_at_once(Frames::any, bytes);
  require(any && *any == content, "one frame is some frames");
  require(!decode_at_once(Frames::one, bytes.first(bytes.size() - 1)),
          "a frame cut short is refused");
  std::string longer(text_of(bytes));
  longer += 'x';
  require(!decode_at_once(Frames::one, std::as_bytes(std::span(longer))),
          "bytes behind the frame are refused");
  const auto info = inspect_frame(bytes);
  require(info.has_value(), "a frame that decodes has a header");
  require(!info->has_dictionary, "no frame with a dictionary decodes");
  require(!info->content_size || *info->content_size == content.size(),
          "the header says the true size");
  require(info->window_size <= std::uint64_t{1} << 27U, "no wide window decodes");
}

void check_as_file(Bytes bytes) {
  for (const Frames frames : {Frames::one, Frames::any}) {
    const auto whole = decode_at_once(frames, bytes);
    check_error(whole);
    const std::size_t step = 1 + bytes.size() * 7 % 61;
    const auto pieces = decode_in_steps(frames, bytes, step);
    check_error(pieces);
    if (!too_much(whole) && !too_much(pieces)) {
      require(whole.has_value() == pieces.has_value(), "pieces decode as the whole");
      require(!whole || *whole == *pieces, "to the same bytes");
    }
    if (whole && frames == Frames::one) {
      check_one_frame(bytes, *whole);
    }
  }
  const auto info = inspect_frame(bytes);
  const auto start =
      inspect_frame(bytes.first(std::min(bytes.size(), k_frame_header_max)));
  require(info.has_value() == start.has_value(), "18 bytes hold the header");
}

std::string encode(Bytes content, int level) {
  std::string frame;
  const Sink sink = into(frame);
  auto encoder = FrameEncoder::create(choose_frame_options(content.size(), level, {}),
                                      content.size());
  require(encoder && encoder->push(content, sink) && encoder->finish(sink),
          "whatever bytes come can be encoded");
  return frame;
}

void check_as_content(Bytes content) {
  const int level = 1 + static_cast<int>(content.size() % 3);
  std::string frame = encode(content, level);
  const auto decoded = decode_at_once(Frames::one, std::as_bytes(std::span(frame)));
  require(decoded && *decoded == text_of(content), "bytes round-trip");
  const auto info = inspect_frame(std::as_bytes(std::span(frame)));
  require(info && info->checksum && info->content_size == content.size(),
          "a frame of ours has a checksum and its size");
  const std::size_t first = content.empty() ? 0 : std::to_integer<unsigned>(content[0]);
  const std::size_t at = (first * 257 + content.size()) % frame.size();
  const auto flipped = static_cast<unsigned char>(frame[at]) ^ (1U << (first % 8));
  frame[at] = static_cast<char>(flipped);
  const auto wrong = decode_at_once(Frames::one, std::as_bytes(std::span(frame)));
  require(!wrong || *wrong == text_of(content), "a wrong bit never gives wrong bytes");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  check_as_file(bytes);
  check_as_content(bytes);
  return 0;
}
