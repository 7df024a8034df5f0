#pragma once

#include "worker/rollout/codec.hpp"
#include "worker/rollout/line_stream.hpp"

#include <string_view>

namespace coldpress {

// What cat writes to standard output: the bytes as they are, or a line of JSON for each
// line. Errors have the errno; EPIPE: the reader is gone.
class CatOutput {
public:
  explicit CatOutput(bool json) : json_(json) {}

  // What comes next stands there.
  void start(LinePlace place) { lines_ = LineStream(place); }
  Result<void> take(std::span<const std::byte> data);
  // One whole line, in any order; it always gets a newline.
  Result<void> take_line(LinePlace place, std::string_view text, bool newline);
  // A last line without a newline is over.
  Result<void> end_line();
  // Everything so far is handed on.
  Result<void> flush();

private:
  bool json_;
  LineStream lines_;
};

} // namespace coldpress
