#include "worker/rollout/tail.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace coldpress {

namespace {

constexpr std::uint64_t k_block = std::uint64_t{64} << 10U;

// Behind the `newlines`th newline from the end of `bytes`; what is left to count is left
// in `newlines`.
std::optional<std::size_t> behind_newline(std::span<const std::byte> bytes,
                                          std::uint64_t& newlines) {
  for (std::size_t at = bytes.size(); at > 0; --at) {
    if (bytes[at - 1] == std::byte{'\n'} && --newlines == 0) {
      return at;
    }
  }
  return std::nullopt;
}

} // namespace

Result<RolloutTail> RolloutTail::find(Fs& fs,
                                      RolloutReader& reader,
                                      std::uint64_t lines,
                                      Numbers numbers,
                                      std::uint64_t window) {
  RolloutTail found(fs, reader);
  if (reader.form() == Form::plain && numbers == Numbers::not_wanted) {
    TRY(found.find_from_end(lines));
    return found;
  }
  TRY_ASSIGN(DecodedTail tail,
             read_tail(reader, std::numeric_limits<std::uint64_t>::max(), window));
  found.find_in(std::move(tail), lines);
  return found;
}

Result<void> RolloutTail::find_from_end(std::uint64_t lines) {
  begin_.number = 0;
  end_ = reader_->stat().size;
  std::uint64_t start = end_;
  std::uint64_t newlines = lines;
  std::vector<std::byte> block;
  while (start > 0 && lines > 0) {
    block.resize(std::min(k_block, start));
    TRY_ASSIGN(const std::size_t got,
               fs_->read_at(reader_->file(), block, start - block.size()));
    if (got < block.size()) {
      return Fail(Error{Errc::changed, 0, "read", reader_->path(), {"became shorter"}});
    }
    if (start == end_ && block.back() == std::byte{'\n'}) {
      newlines += 1; // ends the last line and begins none
    }
    start -= block.size();
    if (const auto at = behind_newline(block, newlines)) {
      begin_.offset = start + *at;
      return {};
    }
  }
  begin_.offset = start;
  return {};
}

void RolloutTail::find_in(DecodedTail tail, std::uint64_t lines) {
  const std::uint64_t all = tail.lines();
  const std::uint64_t wanted = std::min(lines, all);
  begin_ = {tail.end, all - wanted + 1};
  end_ = tail.end;
  held_ = true;
  if (wanted == 0) {
    return;
  }
  tail_ = std::move(tail);
  std::uint64_t newlines = wanted + (tail_.ends_in_newline ? 1 : 0);
  for (std::size_t i = tail_.pieces.size(); i > 0; --i) {
    std::vector<std::byte>& piece = tail_.pieces[i - 1];
    begin_.offset -= piece.size();
    if (const auto at = behind_newline(piece, newlines)) {
      begin_.offset += *at;
      piece.erase(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*at));
      tail_.pieces.erase(tail_.pieces.begin(),
                         tail_.pieces.begin() + static_cast<std::ptrdiff_t>(i - 1));
      return;
    }
  }
  held_ = begin_.offset == 0;
  if (!held_) {
    tail_.pieces.clear();
  }
}

Result<void> RolloutTail::copy(const Sink& sink) {
  if (held_) {
    for (; !tail_.pieces.empty(); tail_.pieces.pop_front()) {
      TRY(sink(tail_.pieces.front()));
    }
    return {};
  }
  TRY_ASSIGN(
      RolloutReader again,
      RolloutReader::over(*fs_, reader_->file(), reader_->path(), reader_->form()));
  if (begin_.number == 0) {
    TRY(again.skip(begin_.offset));
    end_ = begin_.offset;
    return copy_rollout(again, [&](std::span<const std::byte> data) {
      end_ += data.size();
      return sink(data);
    });
  }
  LineCut cut({0, begin_.number});
  return copy_rollout(again, [&](std::span<const std::byte> data) -> Result<void> {
    const auto wanted = cut.feed(data);
    if (wanted.empty()) {
      return {};
    }
    begin_ = cut.place();
    return sink(wanted);
  });
}

} // namespace coldpress
