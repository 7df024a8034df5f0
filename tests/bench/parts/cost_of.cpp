// Runs a command and says what it cost, as one JSON object in a file. A program of its
// own, because the peak memory of a child starts at that of whoever starts it: this one
// has next to none.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: coldpress-cost-of RESULT COMMAND [ARGUMENT...]\n");
    return 2;
  }
  const auto begun = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execvp(argv[2], argv + 2);
    ::perror(argv[2]);
    ::_exit(127);
  }
  int status = 0;
  rusage used{};
  if (child < 0 || ::wait4(child, &status, 0, &used) != child) {
    ::perror("coldpress-cost-of");
    return 2;
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
  std::FILE* result = std::fopen(argv[1], "w");
  if (result == nullptr) {
    ::perror(argv[1]);
    return 2;
  }
  fmt::print(result,
             R"({{"wall":{:.6f},"user":{:.6f},"system":{:.6f},"peak_kb":{},"exit":{}}})"
             "\n",
             wall.count(),
             seconds(used.ru_utime),
             seconds(used.ru_stime),
             used.ru_maxrss,
             exit_code(status));
  std::fclose(result);
  return exit_code(status);
}
