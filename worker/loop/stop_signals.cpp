#include "worker/loop/stop_signals.hpp"

#include <csignal>

namespace coldpress {

std::vector<int> stop_signals() {
  std::vector<int> signals{SIGINT, SIGTERM};
  struct sigaction now {};
  if (::sigaction(SIGHUP, nullptr, &now) != 0 || now.sa_handler != SIG_IGN) {
    signals.push_back(SIGHUP);
  }
  return signals;
}

bool ends_at_once(int signal) {
  return signal != SIGHUP;
}

} // namespace coldpress
