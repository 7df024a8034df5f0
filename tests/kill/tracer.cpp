#include "tests/kill/tracer.hpp"

#include "tests/kill/call_site.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace coldpress {

namespace {

constexpr int k_options = PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE |
                          PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD |
                          PTRACE_O_TRACEEXEC;
constexpr int k_event_shift = 8;
constexpr int k_syscall_stop = SIGTRAP | 0x80;

long ask(int request, pid_t thread, long data = 0) {
  return ::ptrace(static_cast<__ptrace_request>(request),
                  thread,
                  nullptr,
                  reinterpret_cast<void*>(data)); // NOLINT: as the call wants it
}

class Trace {
public:
  Trace(const std::string& store, const std::optional<KillPoint>& point)
      : store_(store), point_(point) {}

  Traced follow(pid_t program) {
    program_ = program;
    for (;;) {
      int status = 0;
      const pid_t thread = ::waitpid(-1, &status, __WALL);
      if (thread == -1 && errno == EINTR) {
        continue;
      }
      if (thread == -1) {
        throw std::runtime_error("waitpid failed: " + std::string(std::strerror(errno)));
      }
      if (WIFSTOPPED(status)) {
        stopped(thread, status);
      } else if (thread == program_) {
        traced_.ended = ended_by(status);
        return std::move(traced_);
      }
    }
  }

private:
  void stopped(pid_t thread, int status) {
    const int signal = WSTOPSIG(status);
    const int event = status >> k_event_shift >> k_event_shift;
    if (event == PTRACE_EVENT_SECCOMP) {
      ask(before_call(thread) ? PTRACE_SYSCALL : PTRACE_CONT, thread);
    } else if (signal == k_syscall_stop) {
      kill_all();
      ask(PTRACE_CONT, thread);
    } else {
      ask(PTRACE_CONT, thread, event == 0 ? signal : 0);
    }
  }

  // True if the thread must stop again when the call has returned.
  bool before_call(pid_t thread) {
    const auto site = call_site(thread, store_);
    if (!site) {
      return false;
    }
    const int nth = ++traced_.calls[*site];
    if (traced_.killed || !point_ || point_->site != *site || point_->nth != nth) {
      return false;
    }
    if (point_->moment == Moment::after) {
      return true;
    }
    kill_all();
    return false;
  }

  void kill_all() {
    traced_.killed = true;
    ::kill(program_, SIGKILL);
  }

  const std::string& store_;
  const std::optional<KillPoint>& point_;
  pid_t program_ = -1;
  Traced traced_;
};

} // namespace

Traced trace(const Command& command,
             const std::string& store,
             const std::optional<KillPoint>& point) {
  int gate = -1;
  const pid_t program = start_behind_gate(command, Watch::yes, gate);
  const bool seized = ask(PTRACE_SEIZE, program, k_options) == 0;
  const int error = errno;
  if (!seized) {
    ::kill(program, SIGKILL);
  }
  ::close(gate);
  if (!seized) {
    ::waitpid(program, nullptr, 0);
    throw std::runtime_error("ptrace: " + std::string(std::strerror(error)));
  }
  return Trace(store, point).follow(program);
}

bool may_trace(std::string& why_not) {
  try {
    const Traced traced = trace({{"/bin/true"}, {}, {}}, "/nonexistent", std::nullopt);
    if (traced.ended.code == 0) {
      return true;
    }
    why_not = "a traced program does not run here";
  } catch (const std::runtime_error& error) {
    why_not = error.what();
  }
  return false;
}

} // namespace coldpress
