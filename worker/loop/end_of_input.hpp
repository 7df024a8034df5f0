#pragma once

#include "worker/loop/loop.hpp"

#include <functional>

namespace coldpress {

// Calls on the loop, once, when standard input ends; what comes on it before is dropped.
// For a pipe or a socket of the process that started us: it ends with that, however it
// dies. Input of another kind has ended already.
class EndOfInput {
public:
  EndOfInput(Loop& loop, std::function<void()> call);
  EndOfInput(const EndOfInput&) = delete;
  EndOfInput& operator=(const EndOfInput&) = delete;
  ~EndOfInput();

private:
  struct State;
  State* state_; // freed by libuv's close callback
};

} // namespace coldpress
