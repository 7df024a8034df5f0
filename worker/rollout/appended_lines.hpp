#pragma once

#include <cstdint>
#include <string_view>

namespace coldpress {

// Lines that have come to the end of a rollout since it was opened, and where in it they
// begin: those of this writer, and of others. They end with a newline, and begin with a
// line, or with the rest of one that had no end when the rollout was opened.
struct AppendedLines {
  std::uint64_t offset = 0;
  std::string_view text;
};

} // namespace coldpress
