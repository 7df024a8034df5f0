#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace coldpress {

// Counts the lines of a rollout that cannot be one whole JSON object, fed piece by piece
// and held to no length: brackets and strings that do not close, bytes that JSON or UTF-8
// has not. Blank lines are fine.
//
// A sign, no proof: a torn line is in many a rollout, and a changed letter is not seen.
class LineCheck {
public:
  void feed(std::span<const std::byte> data);
  // At the end of the file: with what stands behind the last newline.
  std::uint64_t odd_lines() const;

private:
  void take(unsigned char c);
  void take_in_string(unsigned char c);
  bool line_is_odd() const;

  std::uint64_t odd_ = 0;
  std::uint64_t depth_ = 0;
  unsigned continuation_ = 0; // bytes of one UTF-8 character that are still to come
  bool begun_ = false;        // something but white space was on this line
  bool closed_ = false;       // its object is over
  bool in_string_ = false;
  bool escaped_ = false;
  bool bad_ = false;
};

} // namespace coldpress
