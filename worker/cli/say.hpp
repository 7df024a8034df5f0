#pragma once

#include "fsutil/diagnostics.hpp"
#include "fsutil/text.hpp"

namespace coldpress {

// Data to standard output. What cannot be written is no reason to stop the work: nothing
// is thrown (fmt::print would throw, through libuv's frames).
void print_data(std::string_view text);

// The errno with which data for standard output was lost; 0 if none was, or if whoever
// read it has simply gone (EPIPE).
int lost_output();

// Data, for standard output.
template <class... Args> void out(fmt::format_string<Args...> format, Args&&... args) {
  print_data(fmt::format(format, std::forward<Args>(args)...));
}

// For standard error: what went wrong or needs attention, what may need it, and what is
// only good to know, which --quiet hides.
template <class... Args> void err(fmt::format_string<Args...> format, Args&&... args) {
  diagnose(Severity::error, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args> void warn(fmt::format_string<Args...> format, Args&&... args) {
  diagnose(Severity::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args> void note(fmt::format_string<Args...> format, Args&&... args) {
  diagnose(Severity::notice, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace coldpress
