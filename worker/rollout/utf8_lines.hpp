#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace coldpress {

// Counts the lines of a rollout that are not UTF-8, fed piece by piece. For one of them
// Codex refuses to read a whole legacy thread; of a paginated one it skips the line.
class Utf8Lines {
public:
  void feed(std::span<const std::byte> data);
  // At the end of the file: with what stands behind the last newline.
  std::uint64_t bad_lines() const;

private:
  std::string_view finish_character(std::string_view text);
  void take(std::string_view text);

  std::uint64_t bad_ = 0;
  bool line_is_bad_ = false;
  std::string split_; // the beginning of a character that the next piece ends
};

} // namespace coldpress
