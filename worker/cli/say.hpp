#pragma once

#include "fsutil/text.hpp"

#include <cstdio>

namespace coldpress {

// Text to a stream. What cannot be written is no reason to stop the work: nothing is
// thrown (fmt::print would throw, through libuv's frames).
void say(std::FILE* stream, std::string_view text);

// The errno with which data for standard output was lost; 0 if none was, or if whoever
// read it has simply gone (EPIPE).
int lost_output();

// Data, for standard output.
template <class... Args> void out(fmt::format_string<Args...> format, Args&&... args) {
  say(stdout, fmt::format(format, std::forward<Args>(args)...));
}

// Diagnostics, for standard error.
template <class... Args> void err(fmt::format_string<Args...> format, Args&&... args) {
  say(stderr, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace coldpress
