#include "worker/rollout/frame.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <string_view>
#include <utility>

namespace coldpress {
namespace {

constexpr std::uint64_t k_frame_magic = 0xFD2FB528;
constexpr std::uint64_t k_skippable_magic = 0x184D2A50; // and the 15 after it
constexpr std::size_t k_fixed_part = 5;                 // magic and descriptor

Error bad_header(Errc code, std::string what) {
  return Error{code, 0, "zstd header", "", {std::move(what)}};
}

int smallest_window_log(std::uint64_t size) {
  const int log = size <= 1 ? 0 : static_cast<int>(std::bit_width(size - 1));
  return std::clamp(log, k_min_window_log, k_max_window_log);
}

// Upper bounds over the tables of zstd 1.5, in entries of the match finders: 2^log.
struct TableLogs {
  int up_to_level;
  unsigned hash;
  unsigned chain;
};
constexpr std::array<TableLogs, 10> k_tables = {{{2, 17, 17},
                                                 {4, 18, 18},
                                                 {6, 20, 20},
                                                 {8, 21, 21},
                                                 {10, 22, 22},
                                                 {12, 23, 23},
                                                 {19, 23, 24},
                                                 {20, 24, 25},
                                                 {21, 24, 26},
                                                 {22, 25, 27}}};

TableLogs tables_of(int level) {
  const auto* const found =
      std::find_if(k_tables.begin(), k_tables.end(), [&](const TableLogs& row) {
        return level <= row.up_to_level;
      });
  return found == k_tables.end() ? k_tables.back() : *found;
}

std::uint64_t little_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = (value << 8U) | std::to_integer<std::uint64_t>(bytes[i]);
  }
  return value;
}

// One byte: a power of two and eighths of it.
std::uint64_t window_of(std::byte descriptor) {
  const auto code = std::to_integer<unsigned>(descriptor);
  const std::uint64_t base = std::uint64_t{1} << (10 + (code >> 3U));
  return base + base / 8 * (code & 7U);
}

Result<void> check_magic(std::span<const std::byte> first_bytes) {
  if (first_bytes.size() < k_fixed_part + 1) {
    return Fail(bad_header(Errc::corrupt, "too short to be a zstd frame"));
  }
  const auto magic = little_endian(first_bytes.first(4));
  if (magic >= k_skippable_magic && magic <= k_skippable_magic + 15) {
    return Fail(bad_header(Errc::unsupported,
                           "a skippable frame stands first: decode it to learn more"));
  }
  if (magic != k_frame_magic) {
    return Fail(bad_header(Errc::corrupt, "the file does not begin with a zstd frame"));
  }
  return {};
}

} // namespace

FrameOptions
choose_frame_options(std::uint64_t size, int level, std::optional<int> window_log) {
  FrameOptions options;
  options.level = level;
  options.window_log = window_log
                           ? std::clamp(*window_log, k_min_window_log, k_max_window_log)
                           : smallest_window_log(size);
  options.long_distance = size >= k_long_distance_from;
  return options;
}

std::uint64_t encoder_memory_bytes(const FrameOptions& options, std::uint64_t pledged) {
  constexpr std::uint64_t k_fixed = std::uint64_t{3} << 20U; // buffers, entropy tables
  const auto window_log =
      static_cast<unsigned>(std::min(options.window_log, smallest_window_log(pledged)));
  const std::uint64_t window = std::uint64_t{1} << window_log;
  const auto entries = [&](unsigned log) {
    return std::uint64_t{1} << std::min(log, window_log + 1);
  };
  const TableLogs tables = tables_of(options.level);
  // A hash entry has four bytes and, for the lazy levels, two of tag.
  return k_fixed + window + entries(tables.hash) * 6 + entries(tables.chain) * 4 +
         (options.long_distance ? window / 8 : 0);
}

Result<FrameInfo> inspect_frame(std::span<const std::byte> first_bytes) {
  TRY(check_magic(first_bytes));
  constexpr std::array<std::size_t, 4> k_dictionary_bytes = {0, 1, 2, 4};
  const auto descriptor = std::to_integer<unsigned>(first_bytes[4]);
  const bool single_segment = (descriptor & 0x20U) != 0;
  const std::size_t dictionary_bytes = k_dictionary_bytes.at(descriptor & 3U);
  const std::size_t size_bytes = (descriptor >> 6U) == 0
                                     ? (single_segment ? 1U : 0U)
                                     : std::size_t{1} << (descriptor >> 6U);
  const std::size_t at = k_fixed_part + (single_segment ? 0U : 1U);
  if (first_bytes.size() < at + dictionary_bytes + size_bytes) {
    return Fail(bad_header(Errc::corrupt, "cut short inside the frame header"));
  }
  FrameInfo info;
  info.checksum = (descriptor & 4U) != 0;
  info.has_dictionary = little_endian(first_bytes.subspan(at, dictionary_bytes)) != 0;
  if (size_bytes > 0) {
    // The two-byte form begins where the one-byte form ends.
    info.content_size =
        little_endian(first_bytes.subspan(at + dictionary_bytes, size_bytes)) +
        (size_bytes == 2 ? 256U : 0U);
  }
  info.window_size =
      single_segment ? *info.content_size : window_of(first_bytes[k_fixed_part]);
  return info;
}

std::uint64_t most_content(std::uint64_t file_size) {
  constexpr std::uint64_t k_block_max = std::uint64_t{128} << 10U;
  constexpr std::uint64_t k_smallest_block = 4; // header and the byte that is repeated
  const std::uint64_t blocks = file_size / k_smallest_block;
  return blocks > UINT64_MAX / k_block_max ? UINT64_MAX : blocks * k_block_max;
}

std::optional<WeakFrame> find_weakness(std::span<const std::byte> first_bytes) {
  const auto info = inspect_frame(first_bytes);
  if (!info) {
    return info.error().code == Errc::unsupported ? std::optional(WeakFrame{})
                                                  : std::nullopt;
  }
  const bool taken = !info->has_dictionary &&
                     info->window_size <= std::uint64_t{1}
                                              << static_cast<unsigned>(k_max_window_log);
  const bool strong = info->checksum && info->content_size.has_value();
  return taken && !strong ? std::optional(WeakFrame{info->content_size}) : std::nullopt;
}

} // namespace coldpress
