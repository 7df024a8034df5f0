#pragma once

#include "fsutil/clock.hpp"
#include "fsutil/file_stamp.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace coldpress {

// What the ledger knows of a rollout from earlier passes. Advice: a lost one costs a
// second look, never a rollout.
struct Remembered {
  FileStamp stamp;                    // when it was last tried
  bool no_gain = false;               // it did not get smaller then
  std::optional<WallTime> retry_at;   // it failed, or ended a run: not before, and last
  std::optional<WallTime> hold_until; // after a restore: leave it plain until then
};

// By logical path, as Candidate::rollout.
using Memory = std::unordered_map<std::string, Remembered>;

// Lengths of the .zst files that we made and that stand, as far as the ledger saw; by
// logical path. One of another length was written by another program since.
using OwnFrames = std::unordered_map<std::string, std::uint64_t>;

// How much smaller compressing made the rollouts of this store so far, by their length:
// class n holds those from 2^(n-1) to 2^n - 1 bytes.
struct Achieved {
  struct Sizes {
    std::uint64_t plain = 0; // bytes, of all of that class
    std::uint64_t compressed = 0;
  };
  std::array<Sizes, 65> by_class{};
};

constexpr std::size_t size_class(std::uint64_t bytes) {
  return static_cast<std::size_t>(std::bit_width(bytes));
}

} // namespace coldpress
