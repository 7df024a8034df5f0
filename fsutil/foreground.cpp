#include "fsutil/foreground.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

extern char** environ;

namespace coldpress {

namespace {

constexpr std::array k_passed_on{
    SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH};
// What this program ignores, and the other need not.
constexpr std::array k_ignored_by_us{SIGPIPE, SIGIO, SIGXFSZ};

volatile std::sig_atomic_t child_pid = 0;

void pass_on(int signal, siginfo_t* info, void*) {
  // What a terminal sends goes to the whole foreground group: the child has it already.
  const bool from_process = info != nullptr && info->si_pid > 0;
  if (child_pid > 0 && from_process) {
    ::kill(static_cast<pid_t>(child_pid), signal);
  }
}

std::vector<std::string> environment_of(const ForegroundCall& call) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (call.environment.count(text.substr(0, text.find('='))) == 0) {
      all.push_back(text);
    }
  }
  for (const auto& [name, value] : call.environment) {
    all.push_back(name + "=" + value);
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) {
    all.push_back(text.data());
  }
  all.push_back(nullptr);
  return all;
}

// The signals that are passed on, held back while the child is started, and handled
// until the end.
class PassedOn {
public:
  PassedOn() {
    sigemptyset(&set_);
    for (const int signal : k_passed_on) {
      sigaddset(&set_, signal);
    }
    ::sigprocmask(SIG_BLOCK, &set_, &old_mask_);
    struct sigaction act {};
    act.sa_sigaction = pass_on;
    act.sa_flags = SA_SIGINFO; // no SA_RESTART: the wait looks again
    for (std::size_t i = 0; i < k_passed_on.size(); ++i) {
      ::sigaction(k_passed_on[i], nullptr, &old_[i]);
      // Who ignores one (nohup) wants it ignored.
      if (old_[i].sa_handler != SIG_IGN) {
        ::sigaction(k_passed_on[i], &act, nullptr);
      }
    }
  }
  PassedOn(const PassedOn&) = delete;
  PassedOn& operator=(const PassedOn&) = delete;
  ~PassedOn() {
    child_pid = 0;
    restore();
  }
  void restore() {
    for (std::size_t i = 0; i < k_passed_on.size(); ++i) {
      ::sigaction(k_passed_on[i], &old_[i], nullptr);
    }
    ::sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
  }
  void begin(pid_t child) {
    child_pid = child;
    ::sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
  }

private:
  sigset_t set_{};
  sigset_t old_mask_{};
  std::array<struct sigaction, k_passed_on.size()> old_{};
};

[[noreturn]] void become(char* const* arguments, char* const* environment, int report) {
  environ = const_cast<char**>(environment);
  ::execvp(arguments[0], arguments);
  const int why = errno;
  (void)!::write(report, &why, sizeof why);
  ::_exit(127);
}

} // namespace

Result<int> run_in_foreground(const ForegroundCall& call) {
  std::vector<std::string> words = call.command;
  std::vector<std::string> variables = environment_of(call);
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> environment = pointers(variables);
  std::array<int, 2> report{};
  if (::pipe(report.data()) != 0) {
    return Fail(Error::from_errno(errno, "pipe", ""));
  }
  ::fcntl(report[0], F_SETFD, FD_CLOEXEC);
  ::fcntl(report[1], F_SETFD, FD_CLOEXEC);
  PassedOn signals;
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int signal : k_ignored_by_us) {
      std::signal(signal, SIG_DFL);
    }
    signals.restore();
    if (call.handed != FileHandle::none) {
      ::fcntl(static_cast<int>(call.handed), F_SETFD, 0);
    }
    become(arguments.data(), environment.data(), report[1]);
  }
  const int fork_error = errno;
  ::close(report[1]);
  if (child < 0) {
    ::close(report[0]);
    return Fail(Error::from_errno(fork_error, "fork", words[0]));
  }
  signals.begin(child);
  int why = 0;
  ssize_t got = 0;
  do {
    got = ::read(report[0], &why, sizeof why);
  } while (got < 0 && errno == EINTR);
  ::close(report[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (got == static_cast<ssize_t>(sizeof why)) {
    return Fail(Error::from_errno(why, "exec", words[0]));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace coldpress
