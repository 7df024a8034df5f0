#include "worker/rollout/line_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace coldpress {

namespace {

// Holds most first lines whole, without decoding more of a .zst than needed.
constexpr std::size_t k_first_chunk = std::size_t{16} << 10U;
constexpr std::size_t k_chunk = std::size_t{256} << 10U;

} // namespace

LineReader::LineReader(RolloutReader reader, std::uint64_t longest)
    : reader_(std::move(reader)), longest_(longest) {}

// Reads on behind what is held; false at the end of the rollout.
Result<bool> LineReader::fill() {
  if (at_end_) {
    return false;
  }
  if (buffer_.size() - begin_ > longest_) {
    return Fail(Error{
        Errc::unsupported,
        0,
        "read line",
        reader_.path(),
        {fmt::format("the line at byte {} is longer than {} bytes", offset_, longest_)}});
  }
  buffer_.erase(0, begin_);
  seen_ -= begin_;
  begin_ = 0;
  const std::size_t chunk = offset_ == 0 && buffer_.empty() ? k_first_chunk : k_chunk;
  const std::size_t held = buffer_.size();
  buffer_.resize(held + chunk);
  auto count = reader_.read(std::as_writable_bytes(std::span(buffer_)).subspan(held));
  buffer_.resize(held + count.value_or(0));
  TRY(std::move(count));
  at_end_ = buffer_.size() < held + chunk;
  return true;
}

Result<std::optional<Line>> LineReader::next() {
  std::size_t at = buffer_.find('\n', seen_);
  while (at == std::string::npos) {
    seen_ = buffer_.size();
    TRY_ASSIGN(const bool more, fill());
    if (!more) {
      break;
    }
    at = buffer_.find('\n', seen_);
  }
  const bool newline = at != std::string::npos;
  const std::size_t end = newline ? at : buffer_.size();
  if (!newline && end == begin_) {
    return std::optional<Line>();
  }
  lines_ += 1;
  const Line line{offset_,
                  std::string_view(buffer_).substr(begin_, end - begin_),
                  newline,
                  counted_ ? lines_ : 0};
  begin_ = newline ? end + 1 : end;
  seen_ = begin_;
  offset_ += line.text.size() + (newline ? 1 : 0);
  return std::optional<Line>(line);
}

Result<void> LineReader::start_at(std::uint64_t offset) {
  if (lines_ > 0) {
    return Fail(Error{Errc::invalid,
                      0,
                      "start at",
                      reader_.path(),
                      {"a line was read already; open the rollout again"}});
  }
  if (offset == 0) {
    return {};
  }
  if (reader_.form() == Form::plain) {
    // From the byte before: the line begins at `offset` if that is a newline.
    TRY_ASSIGN(offset_, reader_.skip(offset - 1));
    counted_ = false;
    if (offset_ == offset - 1) {
      TRY(next());
    }
    return {};
  }
  while (offset_ < offset) {
    TRY_ASSIGN(const auto line, next());
    if (!line) {
      return {};
    }
  }
  return {};
}

} // namespace coldpress
