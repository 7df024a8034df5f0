#pragma once

#include <cstdio>

namespace coldpress {

// While it lives, standard output goes through $PAGER (less, if it is not set), if a
// terminal reads it and the pager can be started; else it is as it was.
class Pager {
public:
  explicit Pager(bool wanted);
  Pager(const Pager&) = delete;
  Pager& operator=(const Pager&) = delete;
  // Waits until the person has read enough.
  ~Pager();

private:
  std::FILE* pipe_ = nullptr;
  int terminal_ = -1;                // what standard output was
  void (*interrupt_)(int) = nullptr; // what SIGINT did
};

} // namespace coldpress
