#pragma once

#include "fsutil/fs.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <unordered_map>
#include <vector>

namespace coldpress {

// How far apart the copies in a stretch of bytes lie, by samples: of about one place in
// 64 times `one_of` the next 32 bytes are remembered, and looked for from then on. Places
// are chosen by what stands there, so a copy is sampled where its original was.
//
// Costs a search for one byte; memory grows with the stretch, 16 bytes for each sample.
class Repeats {
public:
  explicit Repeats(std::uint64_t one_of = 64) : one_of_(one_of) {}

  // The next bytes of the stretch. Samples across the border of two pieces are not taken.
  void add(std::span<const std::byte> piece);

  // The smallest window, as a power of two within these, that costs at most one part in
  // a hundred against the widest. Only what has at least `history` bytes before it in the
  // stretch is counted. Empty if that is too little to tell by.
  std::optional<int>
  smallest_window_log(int at_least, int at_most, std::uint64_t history) const;

  // Between `begin` and `end`: of what has no copy within 2^near_log bytes before it, how
  // much has none within 2^window_log bytes either, 0 to 1. Empty if there is too little
  // to tell by.
  std::optional<double>
  fresh_share(int near_log, int window_log, std::uint64_t begin, std::uint64_t end) const;

private:
  struct Sample {
    std::uint64_t at = 0;
    std::uint64_t distance = 0; // to the one before; 0: the first of its kind
  };
  void take(std::uint64_t at, std::uint64_t fingerprint);
  // Samples from there on.
  std::size_t counted(std::uint64_t history) const;
  // Of those between the two what a window has to spell out.
  std::size_t spelled_out(int window_log, std::uint64_t begin, std::uint64_t end) const;

  std::uint64_t one_of_;
  std::uint64_t length_ = 0;
  std::unordered_map<std::uint64_t, std::uint64_t> last_; // fingerprint -> where
  std::vector<Sample> samples_;
};

// Those of an open file of `size` bytes, from `begin` to its end. What it read leaves the
// page cache, unless most of the file was there before. Errc::canceled within 1 MiB of
// being told.
Result<Repeats> look_for_copies(Fs& fs,
                                FileHandle file,
                                std::uint64_t size,
                                std::uint64_t begin,
                                std::uint64_t one_of,
                                const std::stop_token& stop);

} // namespace coldpress
