#include "fsutil/posix_fs.hpp"
#include "locking/process_id.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/say.hpp"

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

} // namespace

int main(int argc, char** argv) {
  // A broken kernel lease and a closed pipe are answers here, not reasons to die.
  std::signal(SIGIO, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
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
