#pragma once

#include "fsutil/text.hpp"

#include <cstdio>

namespace coldpress {

// Text to a stream. A closed pipe or a full disk behind it is no reason to stop the
// work: nothing is thrown and nothing is said (fmt::print would throw, through libuv's
// frames).
inline void say(std::FILE* stream, std::string_view text) {
  (void)std::fwrite(text.data(), 1, text.size(), stream);
  (void)std::fflush(stream);
}

// Data, for standard output.
template <class... Args> void out(fmt::format_string<Args...> format, Args&&... args) {
  say(stdout, fmt::format(format, std::forward<Args>(args)...));
}

// Diagnostics, for standard error.
template <class... Args> void err(fmt::format_string<Args...> format, Args&&... args) {
  say(stderr, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace coldpress
