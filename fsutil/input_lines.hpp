#pragma once

#include "fsutil/result.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace coldpress {

// The lines of an open pipe, terminal or file, as they come. A read that fails is an
// error, never the end: a stream of the standard library does not tell the two apart.
class InputLines {
public:
  // `descriptor` stays the caller's; `name` is for messages. A line of more than
  // `longest` bytes is Errc::invalid.
  InputLines(int descriptor, std::string name, std::size_t longest);

  // Without its newline, which the last line may lack. Nothing at the end.
  Result<std::optional<std::string>> next();
  // Whether next() has a line without waiting for it.
  bool holds_line() const { return buffer_.find('\n', seen_) != std::string::npos; }

private:
  Result<bool> fill();

  int descriptor_;
  std::string name_;
  std::size_t longest_;
  std::string buffer_; // read and not given yet, from `begin_` on
  std::size_t begin_ = 0;
  std::size_t seen_ = 0; // up to here there is no newline
  bool at_end_ = false;
};

} // namespace coldpress
