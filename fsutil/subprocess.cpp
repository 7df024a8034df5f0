#include "fsutil/subprocess.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

extern char** environ;

namespace coldpress {

namespace {

// Closed at the end of its life.
class Descriptor {
public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void set(int fd) {
    close();
    fd_ = fd;
  }
  void close() {
    if (fd_ >= 0) {
      ::close(fd_);
      fd_ = -1;
    }
  }

private:
  int fd_;
};

struct Pipe {
  Descriptor read;
  Descriptor write;

  bool make() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
      return false;
    }
    read.set(ends[0]);
    write.set(ends[1]);
    return std::all_of(ends.begin(), ends.end(), [](int fd) {
      return ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
    });
  }
};

std::vector<std::string> environment_with(const SubprocessCall& call) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (call.environment.count(text.substr(0, text.find('='))) == 0) {
      entries.push_back(text);
    }
  }
  for (const auto& [name, value] : call.environment) {
    entries.push_back(name + "=" + value);
  }
  return entries;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

// What the new process begins with: the pipes, a process group of its own, so that what
// it starts can be killed with it, and no signal ignored or blocked.
class SpawnRules {
public:
  SpawnRules(const Pipe& in, const Pipe& out, const Pipe& err) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, in.read.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, out.write.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, err.write.get(), STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                 POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int number : {SIGPIPE, SIGIO, SIGINT, SIGTERM, SIGHUP}) {
      sigaddset(&defaults, number);
    }
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
  }
  SpawnRules(const SpawnRules&) = delete;
  SpawnRules& operator=(const SpawnRules&) = delete;
  ~SpawnRules() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  posix_spawn_file_actions_t* actions() { return &actions_; }
  posix_spawnattr_t* attributes() { return &attributes_; }

private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// Feeds and reads until the program has closed both streams. False: the time is up.
class Exchange {
public:
  Exchange(const SubprocessCall& call, Pipe& in, Pipe& out, Pipe& err)
      : call_(call), in_(in), out_(out), err_(err) {}

  bool go_on(const Clock& clock, BootTime until, SubprocessEnd& end) {
    ::fcntl(in_.write.get(), F_SETFL, O_NONBLOCK);
    while (out_.read.open() || err_.read.open()) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(until - clock.boot());
      if (left.count() <= 0) {
        return false;
      }
      std::array<pollfd, 3> waited{pollfd{out_.read.get(), POLLIN, 0},
                                   pollfd{err_.read.get(), POLLIN, 0},
                                   pollfd{in_.write.get(), POLLOUT, 0}};
      if (::poll(waited.data(), waited.size(), static_cast<int>(left.count())) < 0) {
        continue; // a signal
      }
      take(waited[0], out_.read, end.out, &out_trouble_);
      take(waited[1], err_.read, end.err, nullptr);
      give(waited[2]);
    }
    return true;
  }

  // What is wrong with the text from standard output, if it is not all of it.
  const std::optional<Error>& out_trouble() const { return out_trouble_; }

private:
  void take(const pollfd& waited,
            Descriptor& from,
            std::string& into,
            std::optional<Error>* trouble) const {
    if (waited.revents == 0) {
      return;
    }
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      return;
    }
    if (got < 0 && trouble != nullptr) {
      *trouble = Error::from_errno(errno, "read from", call_.command.front());
    }
    if (got <= 0) {
      from.close();
      return;
    }
    const std::size_t room = call_.most_output - into.size();
    const auto length = static_cast<std::size_t>(got);
    if (length > room && trouble != nullptr) {
      *trouble = Error{Errc::invalid,
                       0,
                       "run",
                       call_.command.front(),
                       {fmt::format("its output is larger than the limit of {} bytes",
                                    call_.most_output)}};
    }
    into.append(buffer.data(), std::min(room, length));
  }

  void give(const pollfd& waited) {
    if (!in_.write.open() || (waited.revents == 0 && given_ < call_.input.size())) {
      return;
    }
    const ssize_t put = ::write(
        in_.write.get(), call_.input.data() + given_, call_.input.size() - given_);
    given_ += put > 0 ? static_cast<std::size_t>(put) : 0;
    const bool refused = put < 0 && errno != EINTR && errno != EAGAIN;
    if (refused || given_ == call_.input.size()) {
      in_.write.close();
    }
  }

  const SubprocessCall& call_;
  Pipe& in_;
  Pipe& out_;
  Pipe& err_;
  std::size_t given_ = 0;
  std::optional<Error> out_trouble_;
};

int code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return code_of(status);
}

// For a program that has closed its streams and so is about to end. False: the time is
// up.
bool ended_by(const Clock& clock, BootTime until, pid_t pid, int& code) {
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (clock.boot() >= until) {
      return false;
    }
    clock.sleep(std::chrono::milliseconds{1});
  }
  code = code_of(status);
  return true;
}

} // namespace

Result<SubprocessEnd> run_subprocess(const Clock& clock, const SubprocessCall& call) {
  const std::string& program = call.command.front();
  Pipe in;
  Pipe out;
  Pipe err;
  if (!in.make() || !out.make() || !err.make()) {
    return Fail(Error::from_errno(errno, "pipe", program));
  }
  std::vector<std::string> words = call.command;
  std::vector<std::string> environment = environment_with(call);
  SpawnRules rules(in, out, err);
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid,
                                    program.c_str(),
                                    rules.actions(),
                                    rules.attributes(),
                                    pointers_to(words).data(),
                                    pointers_to(environment).data());
  if (failed != 0) {
    return Fail(Error::from_errno(failed, "run", program));
  }
  in.read.close();
  out.write.close();
  err.write.close();
  SubprocessEnd end;
  const BootTime until = clock.boot() + call.limit;
  Exchange exchange(call, in, out, err);
  if (!exchange.go_on(clock, until, end) || !ended_by(clock, until, pid, end.code)) {
    ::kill(-pid, SIGKILL);
    (void)wait_for(pid);
    return Fail(Error{Errc::canceled, 0, "run", program, {"it did not end in time"}});
  }
  if (exchange.out_trouble()) {
    return Fail(Error(*exchange.out_trouble()));
  }
  return end;
}

} // namespace coldpress
