#include "fsutil/posix_fs.hpp"
#include "locking/process_id.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/say.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <exception>

namespace {

std::map<std::string, std::string> environment_map() {
  std::map<std::string, std::string> values;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) {
      values.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return values;
}

// A store's file must never become descriptor 0, 1 or 2, into which messages go.
void hold_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0) {
      (void)::open("/dev/null", O_RDWR); // takes the lowest free number: this one
    }
  }
}

} // namespace

int main(int argc, char** argv) {
  hold_standard_streams();
  // A broken kernel lease, a closed pipe and the limit of ulimit -f (EFBIG) are answers
  // here, not reasons to die.
  std::signal(SIGIO, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    coldpress::PosixFs fs;
    const coldpress::SystemClock clock;
    return coldpress::run_command_line(
        argc, argv, fs, clock, coldpress::effective_uid(), environment_map());
  } catch (const std::exception& error) {
    coldpress::err("coldpress: unexpected failure: {}\n", error.what());
    return static_cast<int>(coldpress::Exit::failed);
  }
}
