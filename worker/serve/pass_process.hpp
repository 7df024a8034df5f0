#pragma once

#include "fsutil/fs.hpp"
#include "worker/loop/loop.hpp"
#include "worker/serve/pass_report.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

struct PassCommand {
  std::string program;
  std::vector<std::string> arguments;               // without the program's name
  std::vector<std::string> environment;             // NAME=value, the whole of it
  std::size_t longest_line = LineCutter::k_longest; // of its output; others are dropped
};

// A child process, as part of the loop. It has a session of its own, so that ^C at a
// terminal reaches only us; its standard error is ours; its standard input is a pipe that
// ends when we end it, or end ourselves, however that happens.
class PassProcess {
public:
  struct Events {
    std::function<void(std::string_view)> line; // of its standard output
    // Once, after the last line: its exit code, or 128 + the signal that killed it. May
    // destroy the PassProcess.
    std::function<void(int exit_code)> ended;
  };

  // The error says why the program cannot be started.
  static Result<PassProcess> start(Loop& loop, const PassCommand& command, Events events);

  PassProcess(PassProcess&& other) noexcept;
  PassProcess& operator=(PassProcess&&) = delete;
  // One that still runs is killed; nothing is called any more.
  ~PassProcess();

  // Ends its standard input. May be called again.
  void end_input();
  // SIGTERM.
  void terminate();
  void kill();

private:
  struct State;
  explicit PassProcess(State* state) : state_(state) {}
  State* state_; // freed when libuv has closed all of it
};

// What starts this very program again: the same file, even if another one has got its
// name since.
std::string this_program(Fs& fs);

} // namespace coldpress
