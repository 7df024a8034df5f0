#include "worker/cli/pager.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace coldpress {

Pager::Pager(bool wanted) {
  if (!wanted || ::isatty(STDOUT_FILENO) == 0) {
    return;
  }
  const char* set = std::getenv("PAGER");
  const std::string program = set != nullptr ? set : "less";
  if (program.empty() || program == "cat") {
    return;
  }
  // Leaves at once if all fits on the screen, and keeps the colours.
  ::setenv("LESS", "FRX", 0);
  std::fflush(stdout);
  terminal_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  pipe_ = terminal_ < 0 ? nullptr : ::popen(program.c_str(), "w");
  if (pipe_ != nullptr) {
    // A person who leaves the pager is no error.
    std::signal(SIGPIPE, SIG_IGN);
    ::dup2(::fileno(pipe_), STDOUT_FILENO);
  }
}

Pager::~Pager() {
  if (pipe_ != nullptr) {
    std::fflush(stdout);
    ::dup2(terminal_, STDOUT_FILENO);
    ::pclose(pipe_);
  }
  if (terminal_ >= 0) {
    ::close(terminal_);
  }
}

} // namespace coldpress
