#include "worker/cli/say.hpp"

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace coldpress {

namespace {

std::atomic<int> lost_with{0};

} // namespace

void print_data(std::string_view text) {
  clear_drawn(); // the two streams may be one terminal
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
                       std::fflush(stdout) == 0;
  if (!written && errno != EPIPE) {
    lost_with = errno;
  }
}

int lost_output() {
  return lost_with;
}

} // namespace coldpress
