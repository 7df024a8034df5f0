#include "fsutil/output_ready.hpp"

#include <poll.h>
#include <unistd.h>

namespace coldpress {

bool output_ready(std::chrono::milliseconds limit) {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  // A signal ends the wait: then there is something else to do.
  return ::poll(&output, 1, static_cast<int>(limit.count())) > 0;
}

bool output_abandoned() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return ::poll(&output, 1, 0) > 0 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

} // namespace coldpress
