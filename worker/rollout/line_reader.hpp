#pragma once

#include "worker/rollout/reader.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coldpress {

// One line of the decoded rollout. What it holds may be anything: see scan_line().
struct Line {
  std::uint64_t offset = 0; // of its first byte in the decoded bytes
  std::string_view text;    // without the newline; good until the next line is asked for
  bool newline = false;     // only the last line can lack it
  std::uint64_t number = 0; // from 1; 0 if not counted
};

// The lines of a rollout in order, good and bad. It keeps what it opened: a change of
// form meanwhile does not show. Holds one line and at most 256 KiB more.
class LineReader {
public:
  // Beyond this many bytes a line is Errc::unsupported, with its offset.
  static constexpr std::uint64_t k_longest_line = std::uint64_t{1} << 30U;

  explicit LineReader(RolloutReader reader, std::uint64_t longest = k_longest_line);

  // Before the first next() only. The next line is the first that begins at `offset` or
  // behind it. A plain file is not read up to there, and the lines have no number then.
  // Errc::invalid: a line was read already.
  Result<void> start_at(std::uint64_t offset);

  // Nothing at the end. The first line of a compressed rollout costs the decoding of
  // little more than itself. Errors as RolloutReader::read.
  Result<std::optional<Line>> next();

  const RolloutReader& source() const { return reader_; }

private:
  Result<bool> fill();

  RolloutReader reader_;
  std::uint64_t longest_;
  std::string buffer_;
  std::size_t begin_ = 0; // of the line under way in `buffer_`
  std::size_t seen_ = 0;  // up to here there is no newline
  std::uint64_t offset_ = 0;
  std::uint64_t lines_ = 0;
  bool counted_ = true;
  bool at_end_ = false;
};

} // namespace coldpress
