#include "fsutil/posix_fs.hpp"
#include "locking/lock_record.hpp"
#include "locking/store_lock.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <thread>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const std::string k_dir = "/store/coldpress";
const std::string k_path = k_dir + "/store.lock";
const StoreLock::Timings k_timings;

const ProcessId k_here{"host-a", 100, 1, "boot-a"};
const ProcessId k_here_too{"host-a", 101, 2, "boot-a"};
const ProcessId k_elsewhere{"host-b", 100, 1, "boot-b"};

// One store on one disk. A record put into the file by hand is that of a holder whose
// flock is not seen here: dead, or on another host.
struct Rig {
  FakeClock clock;
  MemFs disk{clock};

  Rig() { disk.put_dir(k_dir); }

  Result<StoreLock> acquire(const ProcessId& who) {
    return StoreLock::try_acquire(disk, clock, who, k_dir, k_timings);
  }
  void leave_record(const ProcessId& who,
                    std::uint64_t generation,
                    std::chrono::nanoseconds heartbeat_age,
                    bool released = false) {
    const WallTime heartbeat = clock.wall() - heartbeat_age;
    disk.put(k_path,
             encode_lock_record({who, generation, heartbeat - 1h, heartbeat, released}));
  }
  LockRecord record() const { return decode_lock_record(disk.get(k_path)).value(); }
};

bool says(const Error& error, std::string_view what) {
  return describe(error).find(what) != std::string::npos;
}

} // namespace

TEST_CASE("a store has one holder, and the refused one learns who it is") {
  Rig rig;
  auto first = rig.acquire(k_here);
  REQUIRE(first);
  CHECK(first->generation() == 1);
  CHECK(first->check());

  const auto second = rig.acquire(k_here_too);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::busy);
  CHECK(says(second.error(), "pid 100"));
  CHECK(says(second.error(), "host-a"));
  CHECK(says(second.error(), "since 2026-01-02T00:00:00Z"));
  CHECK(first->check());
}

TEST_CASE("a disk too full for the lock is told with the file and what to do") {
  Rig rig;
  rig.disk.set_capacity(0);
  const auto lock = rig.acquire(k_here);
  REQUIRE_FALSE(lock);
  CHECK(lock.error().code == Errc::no_space);
  CHECK(says(lock.error(), k_path));
  CHECK(says(lock.error(), "free disk space"));
}

TEST_CASE("a status probe at the wrong moment does not refuse the lock") {
  Rig rig;
  rig.leave_record(k_here, 1, 1s, true);
  File probe(rig.disk, rig.disk.open_lock(k_path, Create::no).value());
  REQUIRE(rig.disk.try_lock(probe.handle()));
  FaultFs fs(rig.disk);
  int tries = 0;
  fs.set_hook([&](std::string_view op, const std::string&) {
    if (op == "try_lock" && ++tries == 3) {
      probe.reset();
    }
  });
  CHECK(StoreLock::try_acquire(fs, rig.clock, k_here, k_dir, k_timings));
}

TEST_CASE("a released lock is free at once, also for another host, and raises the "
          "generation") {
  Rig rig;
  { REQUIRE(rig.acquire(k_here)); }
  CHECK(rig.record().released);
  const auto next = rig.acquire(k_elsewhere);
  REQUIRE(next);
  CHECK(next->generation() == 2);
  CHECK_FALSE(rig.record().released);
}

TEST_CASE("after kill -9 the next one on that host has the lock at once") {
  Rig rig;
  auto dead = rig.acquire(k_here);
  REQUIRE(dead);
  rig.disk.kill_process();
  CHECK_FALSE(rig.record().released);
  const auto next = rig.acquire(k_here_too);
  REQUIRE(next);
  CHECK(next->generation() == 2);
}

TEST_CASE("another host's lock is taken over once its heartbeat is stale, not before") {
  Rig rig;
  rig.leave_record(k_elsewhere, 41, 2min);
  const auto early = rig.acquire(k_here);
  REQUIRE_FALSE(early);
  CHECK(early.error().code == Errc::busy);
  CHECK(says(early.error(), "host-b"));
  CHECK(says(early.error(), "unlock"));
  CHECK(rig.record().process == k_elsewhere);

  rig.clock.advance(1ns);
  const auto late = rig.acquire(k_here);
  REQUIRE(late);
  CHECK(late->generation() == 42);
}

TEST_CASE("a process from before a reboot is waited for like another host's") {
  Rig rig;
  ProcessId before_reboot = k_here;
  before_reboot.boot_id = "boot-earlier";
  rig.leave_record(before_reboot, 1, 1min);
  CHECK_FALSE(rig.acquire(k_here));
  rig.clock.advance(2min);
  CHECK(rig.acquire(k_here));
}

TEST_CASE("a torn record is taken over only after the stale time") {
  Rig rig;
  rig.disk.put(k_path, "coldpress_lock=1\nprogram=coldpr");
  const auto early = rig.acquire(k_here);
  REQUIRE_FALSE(early);
  CHECK(early.error().code == Errc::busy);
  rig.clock.advance(2min + 1s);
  auto late = rig.acquire(k_here);
  REQUIRE(late);
  CHECK(late->check());
}

TEST_CASE("the generation grows even over a torn record") {
  Rig rig;
  rig.leave_record(k_here, 1000, 1h);
  std::string torn = rig.disk.get(k_path);
  torn[40] = '#';
  rig.disk.put(k_path, torn);
  rig.clock.advance(1h);
  std::uint64_t first = 0;
  {
    const auto lock = rig.acquire(k_here);
    REQUIRE(lock);
    first = lock->generation();
  }
  CHECK(first > 1000);
  CHECK(rig.acquire(k_here)->generation() == first + 1);
}

TEST_CASE("the generation survives a power cut right after the take-over") {
  Rig rig;
  rig.leave_record(k_elsewhere, 5, 1h);
  auto lock = rig.acquire(k_here);
  REQUIRE(lock);
  rig.disk.power_cut();
  CHECK(rig.record().generation == 6);
}

TEST_CASE("a first lock survives a power cut, name and all") {
  Rig rig;
  rig.disk.sync_all();
  auto lock = rig.acquire(k_here);
  REQUIRE(lock);
  rig.disk.power_cut();
  CHECK(rig.record().generation == 1);
}

TEST_CASE("two names of one store meet in one lock") {
  Rig rig;
  rig.disk.put_symlink("/alias", "/store");
  const auto first = rig.acquire(k_here);
  REQUIRE(first);
  const auto second = StoreLock::try_acquire(
      rig.disk, rig.clock, k_here_too, "/alias/coldpress", k_timings);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::busy);
}

TEST_CASE("a lock in a directory that is not there is not taken, and nothing is made") {
  Rig rig;
  const auto lock =
      StoreLock::try_acquire(rig.disk, rig.clock, k_here, "/store/none", k_timings);
  REQUIRE_FALSE(lock);
  CHECK(lock.error().code == Errc::not_found);
  CHECK_FALSE(rig.disk.exists("/store/none"));
}

TEST_CASE("a refresh writes the heartbeat and syncs nothing") {
  Rig rig;
  FaultFs fs(rig.disk);
  auto lock = StoreLock::try_acquire(fs, rig.clock, k_here, k_dir, k_timings);
  REQUIRE(lock);
  fs.reset();
  rig.clock.advance(15s);
  REQUIRE(lock->refresh());
  CHECK(rig.record().heartbeat == rig.clock.wall());
  CHECK(rig.record().since == rig.clock.wall() - 15s);
  CHECK_FALSE(fs.find("sync_file", k_path));
}

TEST_CASE("a stopped holder that was overtaken finds its lock lost, for good") {
  Rig rig;
  auto stopped = rig.acquire(k_here);
  REQUIRE(stopped);
  const std::string ours = rig.disk.get(k_path);
  rig.clock.advance(10min);
  rig.leave_record(k_elsewhere, 2, 0s);

  const auto lost = stopped->check();
  REQUIRE_FALSE(lost);
  CHECK(lost.error().code == Errc::lost_lock);
  CHECK(says(lost.error(), "host-b"));

  rig.disk.put(k_path, ours);
  CHECK(stopped->check().error().code == Errc::lost_lock);
  CHECK(stopped->refresh().error().code == Errc::lost_lock);
}

TEST_CASE("a holder notices within its time that another generation is in the record") {
  Rig rig;
  auto lock = rig.acquire(k_here);
  REQUIRE(lock);
  SUBCASE("by check") {
    rig.leave_record(k_here, 2, 0s);
    CHECK(lock->check().error().code == Errc::lost_lock);
  }
  SUBCASE("by refresh, which leaves the other's record alone") {
    rig.leave_record(k_elsewhere, 2, 0s);
    CHECK(lock->refresh().error().code == Errc::lost_lock);
    CHECK(rig.record().process == k_elsewhere);
  }
  SUBCASE("or that somebody released it") {
    rig.leave_record(k_here, 1, 0s, true);
    CHECK(lock->check().error().code == Errc::lost_lock);
  }
  SUBCASE("of the same number but another holder") {
    rig.leave_record(k_elsewhere, 1, 0s);
    CHECK(lock->check().error().code == Errc::lost_lock);
  }
}

TEST_CASE("a holder that lost its lock does not mark the other's as released") {
  Rig rig;
  {
    const auto lock = rig.acquire(k_here);
    REQUIRE(lock);
    rig.leave_record(k_elsewhere, 2, 0s);
  }
  CHECK_FALSE(rig.record().released);
}

TEST_CASE("after a suspend when nobody came, check refreshes and goes on") {
  Rig rig;
  auto lock = rig.acquire(k_here);
  REQUIRE(lock);
  rig.clock.advance(8h);
  CHECK(lock->check());
  CHECK(rig.record().heartbeat == rig.clock.wall());
}

TEST_CASE("past its time a holder that cannot refresh has lost its lock, before anybody "
          "else may take it") {
  Rig rig;
  FaultFs fs(rig.disk);
  auto lock = StoreLock::try_acquire(fs, rig.clock, k_here, k_dir, k_timings);
  REQUIRE(lock);
  CHECK(k_timings.give_up() + k_timings.refresh < k_timings.stale);
  fs.fail_op("write_at", Errc::io, 0, FaultFs::Repeat::forever);

  rig.clock.advance(k_timings.give_up() - 1ns);
  CHECK(lock->refresh().error().code == Errc::io);
  CHECK(lock->check());
  rig.clock.advance(1ns);
  CHECK(lock->check().error().code == Errc::lost_lock);
  fs.reset();
  CHECK(lock->check().error().code == Errc::lost_lock);
}

TEST_CASE("a refresh gives the holder its whole time anew") {
  Rig rig;
  FaultFs fs(rig.disk);
  auto lock = StoreLock::try_acquire(fs, rig.clock, k_here, k_dir, k_timings);
  REQUIRE(lock);
  rig.clock.advance(15s);
  REQUIRE(lock->refresh());
  fs.fail_op("write_at", Errc::io, 0, FaultFs::Repeat::forever);
  rig.clock.advance(k_timings.give_up() - 1ns);
  CHECK(lock->check());
  rig.clock.advance(1ns);
  CHECK(lock->check().error().code == Errc::lost_lock);
}

TEST_CASE("past its time a holder whose flock went to another has lost its lock") {
  Rig rig;
  FaultFs fs(rig.disk);
  auto lock = StoreLock::try_acquire(fs, rig.clock, k_here, k_dir, k_timings);
  REQUIRE(lock);
  rig.clock.advance(k_timings.give_up());
  fs.fail_op("try_lock", Errc::busy);
  CHECK(lock->check().error().code == Errc::lost_lock);
  CHECK(lock->check().error().code == Errc::lost_lock);
}

TEST_CASE("an error while looking is not a lost lock") {
  Rig rig;
  FaultFs fs(rig.disk);
  auto lock = StoreLock::try_acquire(fs, rig.clock, k_here, k_dir, k_timings);
  REQUIRE(lock);
  fs.fail_op("read_at", Errc::io);
  CHECK(lock->check().error().code == Errc::io);
  CHECK(lock->check());
}

TEST_CASE("a holder whose lock file was removed stops, and the new file is not touched") {
  Rig rig;
  auto lock = rig.acquire(k_here);
  REQUIRE(lock);
  REQUIRE(rig.disk.unlink(k_path));
  auto next = rig.acquire(k_here_too);
  REQUIRE(next);
  CHECK(lock->check().error().code == Errc::lost_lock);
  CHECK(next->check());
}

TEST_CASE("a take-over that cannot be made durable is none") {
  Rig rig;
  FaultFs fs(rig.disk);
  fs.fail_op("sync_file", Errc::no_space);
  CHECK(StoreLock::try_acquire(fs, rig.clock, k_here, k_dir, k_timings).error().code ==
        Errc::no_space);
  CHECK(rig.acquire(k_elsewhere));
}

TEST_CASE("peek tells of no holder where there is no lock file, and makes none") {
  Rig rig;
  CHECK_FALSE(peek_store_lock(rig.disk, k_dir).value());
  CHECK_FALSE(peek_store_lock(rig.disk, "/nowhere").value());
  CHECK_FALSE(rig.disk.exists(k_path));
}

TEST_CASE(
    "peek tells a live holder from a dead and a released one, and changes nothing") {
  Rig rig;
  {
    auto lock = rig.acquire(k_here);
    REQUIRE(lock);
    const auto live = peek_store_lock(rig.disk, k_dir).value();
    REQUIRE(live);
    CHECK(live->process == k_here);
    CHECK(live->generation == 1);
    CHECK(live->heartbeat == rig.clock.wall());
    CHECK(live->locked);
    CHECK_FALSE(live->released);
    CHECK(lock->check());
  }
  const auto released = peek_store_lock(rig.disk, k_dir).value();
  CHECK(released->released);
  CHECK_FALSE(released->locked);

  rig.leave_record(k_here, 9, 1s);
  const std::string before = rig.disk.get(k_path);
  const auto dead = peek_store_lock(rig.disk, k_dir).value();
  CHECK_FALSE(dead->locked);
  CHECK_FALSE(dead->released);
  CHECK(rig.disk.get(k_path) == before);
}

TEST_CASE("peek works where nothing can be written") {
  Rig rig;
  rig.leave_record(k_here, 9, 1s);
  FaultFs fs(rig.disk);
  fs.fail_op("open_lock", Errc::denied);
  CHECK(peek_store_lock(fs, k_dir).value()->generation == 9);
}

TEST_CASE("peek shows an unreadable record as a holder without a name") {
  Rig rig;
  rig.disk.put(k_path, "something else");
  const auto found = peek_store_lock(rig.disk, k_dir).value();
  REQUIRE(found);
  CHECK(found->process.pid == 0);
  CHECK(found->heartbeat == rig.clock.wall());
}

TEST_CASE("unlock frees the lock of a host that is gone, and never a live one") {
  Rig rig;
  CHECK(release_store_lock(rig.disk, k_dir));
  CHECK_FALSE(rig.disk.exists(k_path));
  rig.leave_record(k_elsewhere, 3, 1s);
  REQUIRE(release_store_lock(rig.disk, k_dir));
  auto lock = rig.acquire(k_here);
  REQUIRE(lock);
  CHECK(lock->generation() == 4);
  CHECK(release_store_lock(rig.disk, k_dir).error().code == Errc::busy);
  CHECK(lock->check());
}

TEST_CASE("one thread may refresh while others check") {
  Rig rig;
  auto lock = rig.acquire(k_here);
  REQUIRE(lock);
  std::atomic<int> failures = 0;
  const auto repeat = [&](auto call) {
    for (int i = 0; i < 200; ++i) {
      failures += call() ? 0 : 1;
    }
  };
  std::thread refreshing(repeat, [&] { return lock->refresh(); });
  std::thread checking(repeat, [&] { return lock->check(); });
  repeat([&] { return lock->check(); });
  refreshing.join();
  checking.join();
  CHECK(failures == 0);
}

TEST_CASE("on the real disk a killed holder's lock is free at once") {
  TempDir dir;
  PosixFs fs;
  const SystemClock clock;
  std::array<int, 2> ready{};
  REQUIRE(pipe(ready.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto lock =
        StoreLock::try_acquire(fs, clock, this_process(), dir.path(), k_timings);
    const char answer = lock ? 'y' : 'n';
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

  const auto acquire = [&] {
    return StoreLock::try_acquire(fs, clock, this_process(), dir.path(), k_timings);
  };
  const auto refused = acquire();
  kill(child, SIGKILL);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::busy);
  CHECK(says(refused.error(), "pid " + std::to_string(child)));

  auto lock = acquire();
  REQUIRE(lock);
  CHECK(lock->generation() == 2);
  CHECK(lock->refresh());
  CHECK(lock->check());
}
