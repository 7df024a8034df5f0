#include "worker/serve/watchdog.hpp"

#include <utility>

namespace coldpress {

void Watchdog::pass_began(BootTime now) {
  running_ = true;
  looking_ = true;
  news_ = true;
  begun_ = now;
}

void Watchdog::moved() {
  looking_ = false;
  news_ = true;
}

void Watchdog::waits() {
  news_ = true;
}

void Watchdog::pass_ended() {
  running_ = false;
}

bool Watchdog::may_tell(BootTime now) {
  const bool news = std::exchange(news_, false);
  return !running_ || news || (looking_ && now - begun_ < k_longest_look);
}

} // namespace coldpress
