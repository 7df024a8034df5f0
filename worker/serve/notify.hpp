#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace coldpress {

// How a service manager that asked for it ($NOTIFY_SOCKET) is told of our state: the
// protocol of sd_notify(3). Does nothing without $NOTIFY_SOCKET, or where the program was
// built without libsystemd.
class Notify {
public:
  void ready(const std::string& status) const;
  void status(const std::string& line) const;
  void reloading() const;
  void stopping() const;
  void alive() const;

  // How long the manager waits for alive() before it takes us for dead; empty: it does
  // not.
  static std::optional<std::chrono::microseconds> watchdog_interval();
};

} // namespace coldpress
