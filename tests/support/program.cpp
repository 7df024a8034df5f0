#include "tests/support/program.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace coldpress {

namespace {

constexpr int k_not_started = 127;
constexpr int k_signal_base = 128;
constexpr std::chrono::milliseconds k_poll{2};

std::FILE* scratch_file() {
  std::FILE* file = std::tmpfile();
  if (file == nullptr) {
    throw std::runtime_error(std::string("tmpfile: ") + std::strerror(errno));
  }
  return file;
}

std::string contents(std::FILE* file) {
  std::string text;
  std::array<char, 4096> buffer{};
  std::rewind(file);
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file)) {
    text.append(buffer.data(), got);
  }
  return text;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) {
    out.push_back(text.data());
  }
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_of(const ProgramStart& start) {
  std::vector<std::string> entries;
  for (const auto& [name, value] : start.environment) {
    entries.push_back(name + "=" + value);
  }
  if (start.environment.count("PATH") == 0) {
    const char* path = std::getenv("PATH");
    entries.push_back(std::string("PATH=") + (path != nullptr ? path : "/usr/bin:/bin"));
  }
  return entries;
}

// In the child, between fork and exec: system calls only.
bool give_up_root() {
  return ::setgroups(0, nullptr) == 0 &&
         ::setresgid(k_ordinary_user, k_ordinary_user, k_ordinary_user) == 0 &&
         ::setresuid(k_ordinary_user, k_ordinary_user, k_ordinary_user) == 0;
}

struct ChildPlan {
  int in, out, err; // in: -1 leaves descriptor 0 closed
  bool drop_root;
  const std::function<bool()>& before_program;
};

[[noreturn]] void become(const ChildPlan& plan, char* const* argv, char* const* envp) {
  ::dup2(plan.out, STDOUT_FILENO);
  ::dup2(plan.err, STDERR_FILENO);
  plan.in < 0 ? ::close(STDIN_FILENO) : ::dup2(plan.in, STDIN_FILENO);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE}) {
    ::signal(number, SIG_DFL);
  }
  const bool ready = (!plan.drop_root || give_up_root()) &&
                     (!plan.before_program || plan.before_program());
  if (ready) {
    ::execvpe(argv[0], argv, envp);
  }
  ::_exit(k_not_started);
}

int pipe_nobody_reads() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe2");
  }
  ::close(ends[0]);
  return ends[1];
}

} // namespace

bool we_are_root() {
  return ::geteuid() == 0;
}

Program::Program(const ProgramStart& start)
    : limit_(start.limit), begun_(std::chrono::steady_clock::now()), out_(scratch_file()),
      err_(scratch_file()) {
  std::vector<std::string> words = start.command;
  std::vector<std::string> entries = environment_of(start);
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(entries);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int broken = start.stdout_broken ? pipe_nobody_reads() : -1;
  const ChildPlan plan{start.stdin_closed ? -1 : nothing,
                       broken >= 0 ? broken : ::fileno(out_.get()),
                       ::fileno(err_.get()),
                       start.as_ordinary_user && we_are_root(),
                       start.before_program};
  pid_ = ::fork();
  if (pid_ == 0) {
    become(plan, argv.data(), envp.data());
  }
  ::close(nothing);
  if (broken >= 0) {
    ::close(broken);
  }
  if (pid_ < 0) {
    throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  }
}

Program::~Program() {
  if (running()) {
    signal(SIGKILL);
    signal(SIGCONT);
    ::waitpid(pid_, &status_, 0);
  }
}

void Program::signal(int number) const {
  if (!ended_) {
    ::kill(pid_, number);
  }
}

bool Program::running() {
  ended_ = ended_ || ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return !ended_;
}

bool Program::wait_until(const std::function<bool()>& ready,
                         std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!ready()) {
    if (!running() || std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(k_poll);
  }
  return true;
}

ProgramEnd Program::wait() {
  const auto latest = begun_ + limit_;
  while (running()) {
    if (std::chrono::steady_clock::now() > latest) {
      signal(SIGKILL);
    }
    std::this_thread::sleep_for(k_poll);
  }
  ProgramEnd end;
  end.code =
      WIFSIGNALED(status_) ? k_signal_base + WTERMSIG(status_) : WEXITSTATUS(status_);
  end.out = contents(out_.get());
  end.err = contents(err_.get());
  end.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  return end;
}

ProgramEnd run_program(const ProgramStart& start) {
  return Program(start).wait();
}

} // namespace coldpress
