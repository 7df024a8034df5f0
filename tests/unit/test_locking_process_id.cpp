#include "locking/process_id.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <limits>

using namespace coldpress;

namespace {

// A child that does nothing until it is killed.
pid_t start_idle_child() {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(1);
  }
  return child;
}

} // namespace

TEST_CASE("this process is alive and is itself") {
  const ProcessId self = this_process();
  CHECK(self.pid == static_cast<std::uint32_t>(getpid()));
  CHECK_FALSE(self.host.empty());
  CHECK(self == this_process());
  CHECK(same_boot(self, this_process()));
  CHECK(pid_exists(self.pid));
  CHECK(self.start_time > 0);
}

TEST_CASE("a killed process has its pid until it is reaped") {
  const pid_t child = start_idle_child();
  const auto pid = static_cast<std::uint32_t>(child);
  CHECK(pid_exists(pid));
  kill(child, SIGKILL);
  siginfo_t info{};
  REQUIRE(waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0);
  CHECK(pid_exists(pid));
  REQUIRE(waitpid(child, nullptr, 0) == child);
  CHECK_FALSE(pid_exists(pid));
}

TEST_CASE("a process on another host or before a reboot is of another boot") {
  ProcessId other = this_process();
  other.host += "-2";
  CHECK_FALSE(same_boot(other, this_process()));
  other = this_process();
  other.boot_id = "another";
  CHECK_FALSE(same_boot(other, this_process()));
}

TEST_CASE("two processes without a boot id are not of one boot") {
  const ProcessId a{"host", 1, 1, ""};
  CHECK_FALSE(same_boot(a, a));
}

TEST_CASE("numbers that mean a group of processes to kill() are no pid") {
  CHECK_FALSE(pid_exists(0));
  CHECK_FALSE(pid_exists(std::numeric_limits<std::uint32_t>::max()));
}

TEST_CASE("the effective uid is that of this process") {
  CHECK(effective_uid() == geteuid());
}
