#pragma once

#include "fsutil/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace coldpress {

// The widest window every reader accepts: 2^27 bytes.
inline constexpr int k_max_window_log = 27;
inline constexpr int k_min_window_log = 10;
// From this size on, copies lie farther apart than the match finders look.
inline constexpr std::uint64_t k_long_distance_from = std::uint64_t{8} << 20U;

// How one frame is made. A checksum and the content size are always in it.
struct FrameOptions {
  int level = 9;
  int window_log = k_max_window_log; // 2^n bytes
  bool long_distance = false;

  friend bool operator==(const FrameOptions&, const FrameOptions&) = default;
};

// The options for a rollout of `size` bytes: the smallest window that holds the whole
// file, at most 2^27, and long-distance matching from 8 MiB on. An explicit window log
// wins, within 10 to 27. As the window is never wider than 2^27, content larger than that
// never becomes a single segment, whose window would be its whole size.
FrameOptions
choose_frame_options(std::uint64_t size, int level, std::optional<int> window_log);

// Bytes one FrameEncoder allocates at most, by zstd 1.5's tables of parameters. An upper
// estimate: up to twice what it takes where the tables outweigh the window.
std::uint64_t encoder_memory_bytes(const FrameOptions& options, std::uint64_t pledged);

struct FrameInfo {
  std::optional<std::uint64_t> content_size; // as declared; not checked here
  std::uint64_t window_size = 0;             // bytes a decoder must keep
  bool checksum = false;
  bool has_dictionary = false;
};

// This many first bytes always hold a frame's header.
inline constexpr std::size_t k_frame_header_max = 18;

// What the first frame's header says. Errc::corrupt: not zstd, or too few bytes;
// Errc::unsupported: a skippable frame stands first.
Result<FrameInfo> inspect_frame(std::span<const std::byte> first_bytes);

// No zstd file of that length decodes to more: a block has at least four bytes and
// decodes to at most 128 KiB. A size that a header declares beyond this is not true.
std::uint64_t most_content(std::uint64_t file_size);

// What is known of a file's plain bytes from a weak beginning.
struct WeakFrame {
  std::optional<std::uint64_t> content_size; // of its first frame, as declared
};

// A frame that readers take and that is still worth replacing: it has no checksum, so a
// flipped bit may pass unseen, or does not say how long its content is, or a skippable
// frame stands first. Empty for any other, for bytes that are no frame, and for one that
// no reader of rollouts takes (wider window, dictionary): that is not ours to touch.
// Goes by the first header alone: what follows a frame with both is not seen.
std::optional<WeakFrame> find_weakness(std::span<const std::byte> first_bytes);

} // namespace coldpress
