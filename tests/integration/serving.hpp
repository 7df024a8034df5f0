#pragma once

#include "tests/integration/codex_home.hpp"

#include <string>
#include <vector>

namespace coldpress {

// A coldpress serve under a service manager, which is us: what it tells through
// $NOTIFY_SOCKET is what the tests wait for.
class Serving {
public:
  // `words` after "serve"; with what makes passes quick and the feature on. `output`: a
  // descriptor to be its standard output.
  Serving(const CodexHome& home, std::vector<std::string> words, int output = -1);
  ~Serving();
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

  // Waits until it has told a state with that in it, since the last call; false if it
  // ended or a minute passed.
  bool told(const std::string& part);
  // All it has told so far, a line each.
  std::string story();

  Program& program() { return program_; }
  // SIGTERM, and how it ended.
  ProgramEnd stop();

private:
  static ProgramStart
  start(const CodexHome& home, std::vector<std::string> words, int output);
  void hear();

  std::string path_;
  int socket_ = -1;
  std::string story_;
  std::size_t known_ = 0; // of the story: what was waited for
  Program program_;
};

} // namespace coldpress
