#include "worker/cli/say.hpp"

#include <atomic>
#include <cerrno>

namespace coldpress {

namespace {

std::atomic<int> lost_with{0};

} // namespace

void say(std::FILE* stream, std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stream) == text.size() &&
                       std::fflush(stream) == 0;
  if (!written && stream == stdout && errno != EPIPE) {
    lost_with = errno;
  }
}

int lost_output() {
  return lost_with;
}

} // namespace coldpress
