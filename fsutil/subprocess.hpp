#pragma once

#include "fsutil/clock.hpp"
#include "fsutil/result.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace coldpress {

// Another program to be run to its end.
struct SubprocessCall {
  std::vector<std::string> command; // the program and its arguments; found by $PATH
  std::string input{};              // what it reads from standard input
  // Set beside what this process has.
  std::map<std::string, std::string> environment{};
  std::chrono::milliseconds limit{std::chrono::seconds{30}};
  // Bytes, of each stream. What is beyond is never handed out as if it were all.
  std::size_t most_output = 1024 * 1024;
};

struct SubprocessEnd {
  int code = 0; // its exit code, or 128 + the signal that ended it
  std::string out;
  std::string err; // the rest beyond the limit is dropped: it is for people
};

// Runs it and waits. Errc::not_found: there is no such program; Errc::canceled: the limit
// passed, and it and what it has started were killed; Errc::invalid: it printed more to
// its standard output than `most_output`; Errc::io: that could not be read to its end. A
// program that failed is no error: see the code. Of our descriptors it gets none, and of
// ignored signals none stays ignored.
Result<SubprocessEnd> run_subprocess(const Clock& clock, const SubprocessCall& call);

// The door to other programs, so that a test can stand in for them.
using RunProgram = std::function<Result<SubprocessEnd>(const SubprocessCall&)>;

} // namespace coldpress
