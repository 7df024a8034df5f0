#pragma once

#include "worker/loop/loop.hpp"

#include <functional>
#include <string>

namespace coldpress {

// Tells of names that appear, change or go in one directory, where the system can tell.
// Nothing is decided by it: on a network file system, or where a limit of the system is
// reached, nothing comes.
class TreeWatch {
public:
  TreeWatch(Loop& loop, std::string dir, std::function<void(const std::string&)> changed);
  TreeWatch(const TreeWatch&) = delete;
  TreeWatch& operator=(const TreeWatch&) = delete;
  ~TreeWatch();

  // Begins to watch if it does not yet: the directory may have been created only now, or
  // again. Empty, or why it cannot, for a person.
  std::string ensure();

private:
  struct State;
  void take(const std::string& name, bool came_or_went);
  void close();
  Loop& loop_;
  std::string dir_;
  std::function<void(const std::string&)> changed_;
  State* state_ = nullptr; // while it watches; freed by libuv's close callback
};

} // namespace coldpress
