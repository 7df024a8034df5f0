#pragma once

#include "fsutil/fs.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coldpress {

// The lines of an open plain file from its last to its first, in bounded memory. What is
// appended meanwhile is not seen. One thread at a time.
class ReverseLines {
public:
  struct Limits {
    std::uint64_t bytes;     // read at most so many, counted from the end
    std::size_t line_length; // a longer line is not given whole
  };
  struct Line {
    std::string_view text; // without its newline; valid until the next call
    bool whole = true;     // false: only its beginning, of at least k_beginning bytes
  };
  static constexpr std::size_t k_beginning = 512;

  // The file stays the caller's. `size` is what it had when it was opened.
  ReverseLines(Fs& fs, FileHandle file, std::uint64_t size, Limits limits);

  // Nothing once the beginning of the file, or the limit, is reached: see complete(). A
  // last line without a newline is a line; an empty file has none. Errc::changed if the
  // file has become shorter.
  Result<std::optional<Line>> next();

  // Whether every line was given.
  bool complete() const { return done_; }

private:
  Result<bool> read_block();
  Result<Line> cut(std::size_t begin);

  Fs& fs_;
  FileHandle file_;
  Limits limits_;
  std::uint64_t position_;     // everything from here on was read
  std::uint64_t lowest_;       // nothing before it is read
  std::string kept_;           // from position_: what was read and not given yet
  std::size_t end_ = 0;        // of the line that is looked for, in kept_
  std::size_t unsearched_ = 0; // so many bytes of kept_ may hold the newline before it
  std::string beginning_;
  std::size_t block_;
  bool first_ = true;     // nothing was read yet
  bool too_long_ = false; // the line's end was let go
  bool done_ = false;
};

} // namespace coldpress
