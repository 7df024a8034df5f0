#include "locking/process_id.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <limits>

using namespace coldpress;

namespace {

// A child that does nothing until it is killed.
ProcessId start_idle_child() {
  std::array<int, 2> told{};
  REQUIRE(pipe(told.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::uint64_t start_time = this_process().start_time;
    if (write(told[1], &start_time, sizeof start_time) == sizeof start_time) {
      pause();
    }
    _exit(1);
  }
  close(told[1]);
  ProcessId process = this_process();
  process.pid = static_cast<std::uint32_t>(child);
  REQUIRE(read(told[0], &process.start_time, sizeof process.start_time) ==
          sizeof process.start_time);
  close(told[0]);
  return process;
}

} // namespace

TEST_CASE("this process is alive and is itself") {
  const ProcessId self = this_process();
  CHECK(self.pid == static_cast<std::uint32_t>(getpid()));
  CHECK_FALSE(self.host.empty());
  CHECK(self == this_process());
  CHECK(same_boot(self, this_process()));
  CHECK(is_alive(self) == Alive::yes);
}

TEST_CASE("a pid that was given to a later process is not the same process") {
  ProcessId earlier = this_process();
  earlier.start_time -= 1;
  CHECK(is_alive(earlier) == Alive::no);
}

TEST_CASE("a killed process is dead before and after it is reaped") {
  const ProcessId process = start_idle_child();
  const auto child = static_cast<pid_t>(process.pid);
  CHECK(is_alive(process) == Alive::yes);
  CHECK(pid_exists(process.pid));
  kill(child, SIGKILL);
  siginfo_t info{};
  REQUIRE(waitid(P_PID, process.pid, &info, WEXITED | WNOWAIT) == 0);
  CHECK(is_alive(process) == Alive::no);
  CHECK(pid_exists(process.pid));

  REQUIRE(waitpid(child, nullptr, 0) == child);
  CHECK(is_alive(process) == Alive::no);
  CHECK_FALSE(pid_exists(process.pid));
}

TEST_CASE("nothing is known of a process on another host or before a reboot") {
  ProcessId other = this_process();
  other.host += "-2";
  CHECK_FALSE(same_boot(other, this_process()));
  CHECK(is_alive(other) == Alive::unknown);
  other = this_process();
  other.boot_id = "another";
  CHECK(is_alive(other) == Alive::unknown);
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
