#pragma once

#include "fsutil/fs.hpp"

#include <map>
#include <string>
#include <vector>

namespace coldpress {

// Another program in our place: it has our standard streams and, beside them, `handed`,
// an open file of ours.
struct ForegroundCall {
  std::vector<std::string> command; // the program and its arguments; found by $PATH
  // Set beside what this process has.
  std::map<std::string, std::string> environment{};
  FileHandle handed = FileHandle::none; // as this very descriptor number
};

// Runs it and waits for its end: its exit code, or 128 + the signal that ended it.
// SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT and SIGWINCH go on to it
// and end nothing here; in the program every signal is as at the start of this one.
// Errc::not_found: there is no such program; Errc::denied: it is none.
// For a process of one thread.
Result<int> run_in_foreground(const ForegroundCall& call);

} // namespace coldpress
