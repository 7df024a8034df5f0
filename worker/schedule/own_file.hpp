#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace coldpress {

// Files that `schedule install` writes where a person writes, too. Each has a line with
// the hash of the rest, so that one a person has changed is never taken for ours.

enum class CommentForm : std::uint8_t { hash, xml };

// `text` with that line: at the beginning, or in XML behind the first line.
std::string marked(std::string_view text, CommentForm form);

enum class Author : std::uint8_t {
  ours,   // as coldpress wrote it
  edited, // coldpress wrote it, and it was edited since
  other,  // another program's
};

Author author_of(std::string_view text);

// The same for one line of a file that holds other things: "<line> # coldpress-schedule
// <hash>".
std::string marked_line(std::string_view line);
Author author_of_line(std::string_view line);

} // namespace coldpress
