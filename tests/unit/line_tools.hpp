#pragma once

#include "worker/rollout/codec.hpp"
#include "worker/rollout/line_scan.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

inline Sink append_to(std::string& text) {
  return [&text](std::span<const std::byte> data) -> Result<void> {
    text.append(reinterpret_cast<const char*>(data.data()), data.size());
    return {};
  };
}

inline std::string frame_of(const std::string& plain) {
  std::string frame;
  auto encoder = FrameEncoder::create(choose_frame_options(plain.size(), 1, std::nullopt),
                                      plain.size());
  REQUIRE(encoder);
  REQUIRE(encoder->push(std::as_bytes(std::span(plain)), append_to(frame)));
  REQUIRE(encoder->finish(append_to(frame)));
  return frame;
}

// What a line is, without its bytes in anybody's buffer.
struct SeenLine {
  std::uint64_t offset = 0;
  std::string text;
  bool newline = false;
  friend bool operator==(const SeenLine&, const SeenLine&) = default;
};

// The naive reference: split at newlines.
inline std::vector<SeenLine> split_lines(std::string_view bytes) {
  std::vector<SeenLine> lines;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto end = bytes.find('\n', at);
    const bool newline = end != std::string_view::npos;
    const std::size_t stop = newline ? end : bytes.size();
    lines.push_back({at, std::string(bytes.substr(at, stop - at)), newline});
    at = stop + 1;
  }
  return lines;
}

} // namespace coldpress
