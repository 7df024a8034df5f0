#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace coldpress {

// What a program left: its exit code, or 128 + the signal that killed it.
struct ProgramEnd {
  int code = -1;
  std::string out;
  std::string err;
  double seconds = 0;
};

struct ProgramStart {
  std::vector<std::string> command; // the program and its arguments; found by $PATH
  // The whole environment: of ours only $PATH reaches the program, if it is not set here.
  std::map<std::string, std::string> environment;
  bool as_ordinary_user = false; // with our root rights given up; else as we are
  bool stdin_closed = false;     // descriptor 0 is free; else it is /dev/null
  bool stdout_broken = false;    // a pipe that nobody reads
  std::chrono::seconds limit{60};
  // Called in the new process before the program; only system calls may be made there.
  // False: it is not started.
  std::function<bool()> before_program{};
};

// The user and group an ordinary user has where root is given up.
inline constexpr uid_t k_ordinary_user = 65534;

bool we_are_root();

// One started program. What is still running at the end is killed and waited for.
class Program {
public:
  explicit Program(const ProgramStart& start); // throws if it cannot be started
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  bool running();
  // True once `ready` is; false if the program ended first or `limit` passed.
  bool wait_until(const std::function<bool()>& ready, std::chrono::milliseconds limit);
  // Waits for the end, at most the limit it was started with; then it is killed and the
  // code is 128 + 9.
  ProgramEnd wait();

private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using Output = std::unique_ptr<std::FILE, Closer>;

  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
  std::chrono::seconds limit_;
  std::chrono::steady_clock::time_point begun_;
  Output out_;
  Output err_;
};

ProgramEnd run_program(const ProgramStart& start);

} // namespace coldpress
