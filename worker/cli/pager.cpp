#include "worker/cli/pager.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

namespace coldpress {

namespace {

// Whether the shell will find the program. What only a shell can tell counts as found.
bool can_be_started(std::string_view command) {
  if (command.find_first_of("\"'\\$`|&;<>(){}*?[]~=#\n\t") != std::string_view::npos) {
    return true;
  }
  const std::size_t begin = std::min(command.find_first_not_of(' '), command.size());
  const std::string program(command.substr(begin, command.find(' ', begin) - begin));
  if (program.find('/') != std::string::npos) {
    return ::access(program.c_str(), X_OK) == 0;
  }
  const char* set = std::getenv("PATH");
  std::string_view rest = set != nullptr ? set : "/usr/bin:/bin";
  while (!program.empty() && !rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (::access((std::string(rest.substr(0, end)) + "/" + program).c_str(), X_OK) == 0) {
      return true;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

} // namespace

Pager::Pager(bool wanted) {
  if (!wanted || ::isatty(STDOUT_FILENO) == 0) {
    return;
  }
  const char* set = std::getenv("PAGER");
  const std::string program = set != nullptr ? set : "less";
  if (program == "cat" || !can_be_started(program)) {
    return;
  }
  // Leaves at once if all fits on the screen, and keeps the colours.
  ::setenv("LESS", "FRX", 0);
  std::fflush(stdout);
  terminal_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  pipe_ = terminal_ < 0 ? nullptr : ::popen(program.c_str(), "w");
  if (pipe_ != nullptr) {
    // A person who leaves the pager is no error; ^C is for the pager, which is waited
    // for.
    std::signal(SIGPIPE, SIG_IGN);
    interrupt_ = std::signal(SIGINT, SIG_IGN);
    ::dup2(::fileno(pipe_), STDOUT_FILENO);
  }
}

Pager::~Pager() {
  if (pipe_ != nullptr) {
    std::fflush(stdout);
    ::dup2(terminal_, STDOUT_FILENO);
    ::pclose(pipe_);
    std::signal(SIGINT, interrupt_ == SIG_ERR ? SIG_DFL : interrupt_);
  }
  if (terminal_ >= 0) {
    ::close(terminal_);
  }
}

} // namespace coldpress
