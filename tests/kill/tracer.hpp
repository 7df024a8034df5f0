#pragma once

#include "tests/kill/program.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace coldpress {

// A system call that changes something in the store: which one, and what it changes.
struct CallSite {
  std::string call; // "renameat2"
  std::string what; // "plain > retired"
  friend auto operator<=>(const CallSite&, const CallSite&) = default;
};

enum class Moment : std::uint8_t {
  before, // the call never happens
  after,  // it has happened; its thread does nothing more
};

struct KillPoint {
  CallSite site;
  int nth = 1; // occurrence, over all threads of the process
  Moment moment = Moment::before;
};

struct Traced {
  Ended ended;
  bool killed = false;           // the point was reached
  std::map<CallSite, int> calls; // seen until the end
};

// False, with the reason, where this system lets nobody trace his own child.
bool may_trace(std::string& why_not);

// Runs the program and counts what it does in `store` (an absolute path without
// symlinks); kills all of it with SIGKILL at `point`. Call it from one thread, with no
// other child running.
Traced trace(const Command& command,
             const std::string& store,
             const std::optional<KillPoint>& point);

} // namespace coldpress
