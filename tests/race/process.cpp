#include "tests/race/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>

namespace coldpress::race {

std::uint64_t now_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
         static_cast<std::uint64_t>(time.tv_nsec);
}

void nap(std::chrono::microseconds how_long) {
  const auto nanoseconds = std::chrono::nanoseconds(how_long).count();
  const timespec time{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
  ::nanosleep(&time, nullptr);
}

bool full_size() {
  const char* asked = std::getenv("SCOREBOARD_SIZE");
  return asked != nullptr && std::strcmp(asked, "full") == 0;
}

pid_t in_child(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child < 0) {
    throw std::runtime_error("fork");
  }
  if (child > 0) {
    return child;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int code = 0;
  try {
    work();
  } catch (const std::exception& error) {
    fmt::print(stderr, "child: {}\n", error.what());
    code = 1;
  }
  std::fflush(nullptr);
  ::_exit(code);
}

bool finished(pid_t child, std::chrono::seconds at_most) {
  int status = 0;
  const bool ended =
      wait_until([&] { return ::waitpid(child, &status, WNOHANG) == child; }, at_most);
  if (!ended) {
    fmt::print(stderr, "child {} does not end: killed\n", child);
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
  }
  return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool wait_until(const std::function<bool()>& done, std::chrono::milliseconds at_most) {
  const std::uint64_t until =
      now_ns() + static_cast<std::uint64_t>(std::chrono::nanoseconds(at_most).count());
  while (!done()) {
    if (now_ns() > until) {
      return false;
    }
    nap(std::chrono::microseconds{50});
  }
  return true;
}

Ran run_program(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return {};
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t child = -1;
  const int failed =
      ::posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  Ran ran;
  std::array<char, 65536> buffer{};
  for (ssize_t got = 0;
       failed == 0 && (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    ran.output.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  if (failed == 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status)) {
    ran.exit_code = WEXITSTATUS(status);
  }
  return ran;
}

} // namespace coldpress::race
