#include "worker/rollout/line_reader_backward.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace coldpress {

namespace {

constexpr std::uint64_t k_block = std::uint64_t{64} << 10U;

} // namespace

Result<BackwardLineReader> BackwardLineReader::open(Fs& fs,
                                                    const Clock& clock,
                                                    const std::string& path,
                                                    std::uint64_t window) {
  TRY_ASSIGN(RolloutReader reader, RolloutReader::open(fs, clock, path));
  return BackwardLineReader(fs, std::move(reader), window);
}

Result<void> BackwardLineReader::begin() {
  begun_ = true;
  block_start_ = reader_.stat().size;
  if (reader_.form() == Form::compressed) {
    TRY(decode_before(std::numeric_limits<std::uint64_t>::max()));
    block_start_ = tail_.end;
  }
  if (block_start_ == 0) {
    done_ = true;
    return {};
  }
  TRY(load_block());
  newline_ = block_.back() == std::byte{'\n'};
  left_ -= newline_ ? 1 : 0;
  return {};
}

Result<void> BackwardLineReader::decode_before(std::uint64_t end) {
  TRY_ASSIGN(RolloutReader again,
             RolloutReader::over(*fs_, reader_.file(), reader_.path(), Form::compressed));
  TRY_ASSIGN(tail_, read_tail(again, end, window_));
  return {};
}

// The bytes before `block_start_`, which is not 0.
Result<void> BackwardLineReader::load_block() {
  if (reader_.form() == Form::plain) {
    return load_plain();
  }
  if (tail_.pieces.empty()) {
    TRY(decode_before(block_start_));
    if (tail_.end != block_start_) {
      return Fail(Error{Errc::changed, 0, "read", reader_.path(), {"became shorter"}});
    }
  }
  block_ = std::move(tail_.pieces.back());
  tail_.pieces.pop_back();
  left_ = block_.size();
  block_start_ -= left_;
  return {};
}

Result<void> BackwardLineReader::load_plain() {
  block_.resize(std::min(k_block, block_start_));
  left_ = block_.size();
  block_start_ -= left_;
  auto count = fs_->read_at(reader_.file(), block_, block_start_);
  if (!count) {
    return Fail(std::move(count.error()).at(reader_.path()));
  }
  if (*count < block_.size()) {
    return Fail(Error{Errc::changed, 0, "read", reader_.path(), {"became shorter"}});
  }
  return {};
}

// The line from there in `block_` on.
Line BackwardLineReader::give(std::size_t from, bool newline) {
  const auto text_of = [&](std::size_t begin, std::size_t end) {
    return std::string_view(reinterpret_cast<const char*>(block_.data()) + begin,
                            end - begin);
  };
  line_.assign(text_of(from, left_));
  for (; !behind_.empty(); behind_.pop_back()) {
    line_ += behind_.back();
  }
  left_ = from;
  return Line{block_start_ + from, line_, newline, 0};
}

Result<std::optional<Line>> BackwardLineReader::next() {
  if (!begun_) {
    TRY(begin());
  }
  if (done_) {
    return std::optional<Line>();
  }
  for (;;) {
    const auto end = block_.rend();
    const auto at =
        std::find(end - static_cast<std::ptrdiff_t>(left_), end, std::byte{'\n'});
    if (at != end) {
      const auto from = static_cast<std::size_t>(end - at);
      const Line line = give(from, newline_);
      left_ = from - 1; // the newline ends the line before
      newline_ = true;
      return std::optional<Line>(line);
    }
    if (block_start_ == 0) {
      done_ = true;
      return std::optional<Line>(give(0, newline_));
    }
    if (left_ > 0) {
      behind_.emplace_back(reinterpret_cast<const char*>(block_.data()), left_);
    }
    TRY(load_block());
  }
}

} // namespace coldpress
