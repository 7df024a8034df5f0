#include "tests/kill/program.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace coldpress {

namespace {

constexpr unsigned k_limit_seconds = 300;
constexpr int k_not_started = 127;

// After fork() in the child: system calls only, other threads may hold any lock.
[[noreturn]] void become(char* const* words,
                         char* const* environment,
                         const char* log,
                         std::vector<sock_filter>& filter,
                         const std::array<int, 2>& gate) {
  ::close(gate[1]);
  char none = 0;
  while (::read(gate[0], &none, 1) == -1 && errno == EINTR) {
  }
  ::close(gate[0]);
  const int out = ::open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  ::alarm(k_limit_seconds);
  if (filter.size() == 1 || install_filter(filter)) {
    ::execve(words[0], words, environment);
  }
  ::_exit(k_not_started);
}

// Without settings of coldpress, or of Codex, that whoever runs the test may have.
std::vector<char*> environment_for_program() {
  std::vector<char*> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!text.starts_with("COLDPRESS_") && !text.starts_with("CODEX_")) {
      kept.push_back(*entry);
    }
  }
  kept.push_back(nullptr);
  return kept;
}

} // namespace

Ended ended_by(int status) {
  if (WIFEXITED(status)) {
    return {WEXITSTATUS(status), 0};
  }
  return {-1, WTERMSIG(status)};
}

pid_t start_behind_gate(const Command& command, Watch watch, int& gate) {
  std::vector<char*> words;
  for (const std::string& word : command.words) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  std::vector<char*> environment = environment_for_program();
  const std::string log = command.log.empty() ? "/dev/null" : command.log;
  std::vector<sock_filter> filter = make_filter(command.lacks, watch);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe2 failed");
  }
  const pid_t child = ::fork();
  if (child == 0) {
    become(words.data(), environment.data(), log.c_str(), filter, ends);
  }
  ::close(ends[0]);
  gate = ends[1];
  if (child < 0) {
    throw std::runtime_error("fork failed");
  }
  return child;
}

Ended run_program(const Command& command) {
  int gate = -1;
  const pid_t child = start_behind_gate(command, Watch::no, gate);
  ::close(gate);
  int status = 0;
  while (::waitpid(child, &status, 0) == -1 && errno == EINTR) {
  }
  return ended_by(status);
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

} // namespace coldpress
