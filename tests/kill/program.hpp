#pragma once

#include "tests/kill/call_filter.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace coldpress {

// A program to start, with its output kept in a file.
struct Command {
  std::vector<std::string> words; // the program's path, and its arguments
  std::string log;                // file for stdout and stderr; empty: dropped
  Lacks lacks;
};

struct Ended {
  int code = -1;  // exit code, -1 if a signal ended it
  int signal = 0; // 0 if it ended by itself
};

// Starts it, without variables that would be settings, and waits. A program that takes
// longer than five minutes is ended by SIGALRM.
Ended run_program(const Command& command);
// As wait(2) says it.
Ended ended_by(int status);

// --- for the tracer

// fork(): the child waits until `gate` (the other end of a pipe) is closed, then becomes
// the program. Its exit code is 127 if that fails.
pid_t start_behind_gate(const Command& command, Watch watch, int& gate);

// The whole of a text file; empty if it cannot be read.
std::string text_of(const std::string& path);

} // namespace coldpress
