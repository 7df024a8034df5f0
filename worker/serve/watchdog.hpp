#pragma once

#include "fsutil/clock.hpp"

namespace coldpress {

// Whether a service manager may be told that all is well: only if something has moved
// since the last time it was told. A loop that turns around a pass which has stopped
// moving is no sign of life.
class Watchdog {
public:
  void pass_began(BootTime now);
  void moved(); // the pass: a rollout done, or bytes
  void waits(); // the pass says that it waits for the machine
  void pass_ended();

  // Asked by the loop, which proves that it turns. True takes the proof: the next needs
  // another one.
  bool may_tell(BootTime now);

private:
  // A pass says nothing before its plan stands: it looks at all rollouts, and puts right
  // what was left. Longer than this and something hangs.
  static constexpr std::chrono::hours k_longest_look{1};

  bool running_ = false;
  bool looking_ = false; // nothing has moved yet
  bool news_ = false;
  BootTime begun_{};
};

} // namespace coldpress
