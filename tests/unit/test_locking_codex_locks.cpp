#include "fsutil/posix_fs.hpp"
#include "locking/codex_locks.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const std::string k_home = "/home/.codex";
const std::string k_maintenance = k_home + "/.tmp/rollout-maintenance.lock";
const std::string k_threads = k_home + "/thread-writer-locks";
const std::string k_coordination = k_threads + "/.coordination.lock";
const std::string k_thread = "0199a213-81c0-7800-8aa1-bbab2a035a53";

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  CodexLocks locks{disk, clock, k_home};

  Rig() { disk.put_dir(k_home); }

  // Somebody else's open file with the flock held.
  File held_by_codex(const std::string& path) {
    disk.put(path, "");
    File file(disk, disk.open_lock(path, Create::no).value());
    REQUIRE(disk.try_lock(file.handle()));
    return file;
  }
};

} // namespace

TEST_CASE("ensure makes two folders and two lock files in the home and nothing else") {
  Rig rig;
  REQUIRE(rig.locks.ensure());
  CHECK(rig.disk.names(k_home) ==
        std::vector<std::string>{".tmp", "thread-writer-locks"});
  CHECK(rig.disk.snapshot() ==
        std::map<std::string, std::string>{{k_maintenance, ""}, {k_coordination, ""}});
}

TEST_CASE("ensure leaves alone what is there") {
  Rig rig;
  rig.disk.put(k_maintenance, "x");
  rig.disk.put(k_coordination, "y");
  const auto before = rig.disk.snapshot();
  REQUIRE(rig.locks.ensure());
  CHECK(rig.disk.snapshot() == before);
}

TEST_CASE("ensure makes no home") {
  Rig rig;
  CodexLocks locks(rig.disk, rig.clock, "/elsewhere");
  CHECK(locks.ensure().error().code == Errc::not_found);
  CHECK_FALSE(rig.disk.exists("/elsewhere"));
}

TEST_CASE("the maintenance lock has one holder and is free when it is let go") {
  Rig rig;
  REQUIRE(rig.locks.ensure());
  {
    auto ours = rig.locks.try_maintenance();
    REQUIRE(ours);
    CHECK(rig.locks.try_maintenance().error().code == Errc::busy);
    ours->reset();
    CHECK(rig.locks.try_maintenance());
  }
  CHECK(rig.locks.try_maintenance());
}

TEST_CASE("a busy coordination lock is tried for as long as was said") {
  Rig rig;
  const File codex = rig.held_by_codex(k_coordination);
  const BootTime start = rig.clock.boot();
  CHECK(rig.locks.try_coordination(0ns).error().code == Errc::busy);
  CHECK(rig.clock.boot() == start);
  CHECK(rig.locks.try_coordination(2s).error().code == Errc::busy);
  CHECK(rig.clock.boot() == start + 2s);
}

TEST_CASE("the coordination lock is taken within a millisecond of its release") {
  Rig rig;
  File codex = rig.held_by_codex(k_coordination);
  FaultFs fs(rig.disk);
  const BootTime start = rig.clock.boot();
  fs.set_hook([&](std::string_view op, const std::string&) {
    if (op == "try_lock" && rig.clock.boot() >= start + 7ms) {
      codex.reset();
    }
  });
  CodexLocks locks(fs, rig.clock, k_home);
  CHECK(locks.try_coordination(2s));
  CHECK(rig.clock.boot() == start + 7ms);
}

TEST_CASE("a lock file replaced while it was taken is not a lock") {
  Rig rig;
  REQUIRE(rig.locks.ensure());
  FaultFs fs(rig.disk);
  fs.set_hook([&](std::string_view op, const std::string&) {
    if (op == "try_lock") {
      (void)rig.disk.unlink(k_maintenance);
      rig.disk.put(k_maintenance, "");
    }
  });
  CodexLocks locks(fs, rig.clock, k_home);
  CHECK(locks.try_maintenance().error().code == Errc::busy);
}

TEST_CASE("a thread has a writer while its lock is held, and not by a leftover file") {
  Rig rig;
  REQUIRE(rig.locks.ensure());
  auto coordination = rig.locks.try_coordination(0ns).value();
  const std::string path = k_threads + "/" + k_thread + ".lock";
  CHECK_FALSE(rig.locks.thread_has_writer(coordination, k_thread).value());
  CHECK_FALSE(rig.disk.exists(path));

  File codex = rig.held_by_codex(path);
  CHECK(rig.locks.thread_has_writer(coordination, k_thread).value());
  codex.reset();
  CHECK_FALSE(rig.locks.thread_has_writer(coordination, k_thread).value());
  CHECK(rig.disk.exists(path));
  CHECK(rig.disk.open_handles() == 1);
}

TEST_CASE("an id that could lead out of the folder is no thread id") {
  Rig rig;
  REQUIRE(rig.locks.ensure());
  auto coordination = rig.locks.try_coordination(0ns).value();
  for (const std::string& id : {std::string("../x"),
                                std::string("a/b"),
                                std::string("a\0b", 3),
                                std::string(),
                                std::string(".coordination")}) {
    CAPTURE(id);
    CHECK(rig.locks.thread_has_writer(coordination, id).error().code == Errc::invalid);
  }
}

TEST_CASE("a thread is not probed without the coordination lock") {
  Rig rig;
  REQUIRE(rig.locks.ensure());
  auto maintenance = rig.locks.try_maintenance().value();
  CHECK(rig.locks.thread_has_writer(maintenance, k_thread).error().code == Errc::invalid);
  auto coordination = rig.locks.try_coordination(0ns).value();
  coordination.reset();
  CHECK(rig.locks.thread_has_writer(coordination, k_thread).error().code ==
        Errc::invalid);
}

TEST_CASE("a probe that fails is no proof that a thread has no writer") {
  Rig rig;
  REQUIRE(rig.locks.ensure());
  rig.disk.put(k_threads + "/" + k_thread + ".lock", "");
  FaultFs fs(rig.disk);
  CodexLocks locks(fs, rig.clock, k_home);
  auto coordination = locks.try_coordination(0ns).value();
  for (const std::string op : {"open_lock", "try_lock"}) {
    CAPTURE(op);
    fs.fail_op(op, Errc::io);
    CHECK(locks.thread_has_writer(coordination, k_thread).error().code == Errc::io);
  }
}

TEST_CASE("asking whether maintenance is busy makes nothing") {
  Rig rig;
  CHECK_FALSE(rig.locks.maintenance_busy().value());
  CHECK(rig.disk.names(k_home).empty());
  {
    const File codex = rig.held_by_codex(k_maintenance);
    CHECK(rig.locks.maintenance_busy().value());
  }
  CHECK_FALSE(rig.locks.maintenance_busy().value());
  CHECK(rig.locks.try_maintenance());
}

TEST_CASE("on the real disk a thread lock held by another process is seen") {
  TempDir home;
  PosixFs fs;
  const SystemClock clock;
  CodexLocks locks(fs, clock, home.path());
  REQUIRE(locks.ensure());
  std::array<int, 2> ready{};
  REQUIRE(pipe(ready.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto file = fs.open_lock(home / "thread-writer-locks/t-1.lock", Create::yes);
    const char answer = file && fs.try_lock(*file) ? 'y' : 'n';
    if (write(ready[1], &answer, 1) == 1) {
      pause();
    }
    _exit(1);
  }
  close(ready[1]);
  char answer = 0;
  REQUIRE(read(ready[0], &answer, 1) == 1);
  close(ready[0]);
  CHECK(answer == 'y');

  auto coordination = locks.try_coordination(1s);
  REQUIRE(coordination);
  CHECK(locks.thread_has_writer(*coordination, "t-1").value());
  kill(child, SIGKILL);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  CHECK_FALSE(locks.thread_has_writer(*coordination, "t-1").value());
}
