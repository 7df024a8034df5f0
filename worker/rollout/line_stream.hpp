#pragma once

#include "worker/rollout/line_scan.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace coldpress {

// Where a line begins in the decoded rollout.
struct LinePlace {
  std::uint64_t offset = 0;
  std::uint64_t number = 1;
};

// What a line is, without its bytes.
struct LineInfo {
  LinePlace place;
  std::uint64_t bytes = 0; // without the newline
  bool newline = false;
  LineFacts facts;
};

// Describes the lines of a rollout that is fed piece by piece, in constant memory: a
// line may be of any length.
class LineStream {
public:
  using Take = std::function<void(const LineInfo&)>;

  // `first` is where the first byte that is fed stands: the beginning of a line.
  explicit LineStream(LinePlace first = {}) : place_(first) {}

  // Calls `take` for each line that ends here.
  void feed(std::span<const std::byte> data, const Take& take);
  // What stands behind the last newline, if anything does.
  void finish(const Take& take);

  // The line under way, and how much of it was seen.
  LinePlace place() const { return place_; }
  std::uint64_t bytes() const { return bytes_; }

private:
  void end_line(bool newline, const Take& take);

  LinePlace place_;
  std::uint64_t bytes_ = 0;
  LineScan scan_;
};

// Passes over the lines before the first that is wanted.
class LineCut {
public:
  // The first line that has at least this number and begins at this offset or behind it.
  explicit LineCut(LinePlace first) : first_(first) {}

  // The part of `data` that is wanted: nothing, its end, or all of it.
  std::span<const std::byte> feed(std::span<const std::byte> data);

  bool begun() const { return begun_; }
  // Where what is wanted begins, once begun().
  LinePlace place() const { return at_; }

private:
  LinePlace first_;
  LinePlace at_;       // of the byte that comes next, and of its line
  bool begins_ = true; // that byte begins a line
  bool begun_ = false;
};

} // namespace coldpress
