#pragma once

#include "worker/rollout/decoded_tail.hpp"
#include "worker/rollout/line_reader.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace coldpress {

// The lines of a rollout from the last to the first, as it was when it was opened.
//
// A plain file is read from its end in blocks of 64 KiB. A compressed one is decoded
// once, and again for each `window` bytes farther back. Memory: the window, the decoder's
// own, and twice the line.
class BackwardLineReader {
public:
  // As RolloutReader::open.
  static Result<BackwardLineReader> open(Fs& fs,
                                         const Clock& clock,
                                         const std::string& path,
                                         std::uint64_t window = k_tail_window);

  // Nothing before the first. `text` is good until the next call; lines have no number.
  // Errc::changed if a plain file has become shorter; else as RolloutReader::read.
  Result<std::optional<Line>> next();

  const RolloutReader& source() const { return reader_; }

private:
  BackwardLineReader(Fs& fs, RolloutReader reader, std::uint64_t window)
      : fs_(&fs), reader_(std::move(reader)), window_(window) {}
  Result<void> begin();
  Result<void> load_block();
  Result<void> load_plain();
  Result<void> decode_before(std::uint64_t end);
  Line give(std::size_t from, bool newline);

  Fs* fs_;
  RolloutReader reader_; // of a compressed rollout only the open file is used
  std::uint64_t window_;
  DecodedTail tail_;
  std::vector<std::byte> block_;
  std::uint64_t block_start_ = 0;
  std::size_t left_ = 0;           // bytes of `block_` not handed out yet
  std::deque<std::string> behind_; // rest of the line under way, last piece first
  std::string line_;
  bool begun_ = false;
  bool done_ = false;
  bool newline_ = false; // ends the line under way
};

} // namespace coldpress
