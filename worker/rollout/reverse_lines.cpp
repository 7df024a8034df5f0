#include "worker/rollout/reverse_lines.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace coldpress {

namespace {

// The last record is mostly in the first block; who reads on reads much.
constexpr std::size_t k_first_block = std::size_t{64} << 10U;
constexpr std::size_t k_block = std::size_t{1} << 20U;

Result<void>
read_exactly(Fs& fs, FileHandle file, std::span<char> into, std::uint64_t offset) {
  TRY_ASSIGN(const std::size_t got,
             fs.read_at(file, std::as_writable_bytes(into), offset));
  if (got < into.size()) {
    return Fail(Error{Errc::changed, 0, "read", {}, {"it was truncated meanwhile"}});
  }
  return {};
}

} // namespace

ReverseLines::ReverseLines(Fs& fs, FileHandle file, std::uint64_t size, Limits limits)
    : fs_(fs), file_(file), limits_(limits), position_(size),
      lowest_(size - std::min(size, limits.bytes)), block_(k_first_block),
      done_(size == 0) {}

Result<std::optional<ReverseLines::Line>> ReverseLines::next() {
  while (!done_) {
    const std::size_t newline =
        unsearched_ == 0 ? std::string::npos : kept_.rfind('\n', unsearched_ - 1);
    if (newline != std::string::npos) {
      TRY_ASSIGN(const Line line, cut(newline + 1));
      end_ = newline;
      unsearched_ = newline;
      return std::optional(line);
    }
    unsearched_ = 0;
    if (end_ > limits_.line_length) {
      too_long_ = true;
      end_ = 0;
    }
    TRY_ASSIGN(const bool more, read_block());
    if (more) {
      continue;
    }
    if (position_ > 0) {
      break;
    }
    done_ = true;
    TRY_ASSIGN(const Line line, cut(0));
    return std::optional(line);
  }
  return std::optional<Line>();
}

// Puts what stands before position_ in front of what is kept. False where no more may be
// read.
Result<bool> ReverseLines::read_block() {
  const auto count = static_cast<std::size_t>(
      std::min<std::uint64_t>(position_ - lowest_, std::exchange(block_, k_block)));
  if (count == 0) {
    return false;
  }
  std::string block(count, '\0');
  TRY(read_exactly(fs_, file_, block, position_ - count));
  position_ -= count;
  unsearched_ = count;
  // The newline that ends the file ends a line and begins none.
  if (std::exchange(first_, false) && block.back() == '\n') {
    block.pop_back();
    unsearched_ -= 1;
  }
  block.append(kept_, 0, end_);
  kept_ = std::move(block);
  end_ = kept_.size();
  return true;
}

// The line from `begin` in kept_ to end_.
Result<ReverseLines::Line> ReverseLines::cut(std::size_t begin) {
  const std::size_t length = end_ - begin;
  if (!too_long_ && length <= limits_.line_length) {
    return Line{std::string_view(kept_).substr(begin, length), true};
  }
  too_long_ = false;
  // What of it is left in kept_ may be a single byte. Its end was read before, so that
  // many bytes are there.
  beginning_.resize(std::min(k_beginning, limits_.line_length));
  TRY(read_exactly(fs_, file_, beginning_, position_ + begin));
  return Line{beginning_, false};
}

} // namespace coldpress
