#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/stage/scan.hpp"
#include "worker/stage/sweep.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  StoreRig store{disk, clock};
  FaultFs fs{disk};
  std::unique_ptr<TestWorker> worker;
  std::string part = join_path(store.dir(), ".0123456789abcdef.coldpress-part");
  std::string foreign = join_path(store.dir(), "rollout-compress-aB3.tmp");

  Rig() {
    worker = std::move(TestWorker::start(fs, clock, store, test_process()).value());
  }
  void put_foreign(std::chrono::nanoseconds mtime_ago,
                   std::chrono::nanoseconds ctime_ago) {
    disk.put(foreign, "half a frame");
    disk.set_times(foreign, clock.wall() - mtime_ago, clock.wall() - ctime_ago);
  }
  std::vector<Outcome> sweep() {
    Guards guards = worker->guards();
    return sweep_temps(guards, scan(disk, store.home(), {clock.wall(), {}}));
  }
};

} // namespace

TEST_CASE("sweep removes the temp of a dead coldpress and keeps that of a live one") {
  Rig rig;
  rig.disk.put(rig.part, "half a frame");
  {
    const File owner(rig.disk, rig.disk.open_lock(rig.part, Create::no).value());
    must(rig.disk.try_lock(owner.handle()));
    CHECK(rig.sweep().empty());
    CHECK(rig.disk.exists(rig.part));
  }
  const auto outcomes = rig.sweep();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes.front().kind == OutcomeKind::recovered);
  CHECK_FALSE(rig.disk.exists(rig.part));
}

TEST_CASE("sweep removes a temp that bears a read-only rollout's mode") {
  Rig rig;
  rig.disk.put(rig.part, "half a frame");
  rig.disk.set_mode_of(rig.part, 0400);
  rig.sweep();
  CHECK_FALSE(rig.disk.exists(rig.part));
}

TEST_CASE("sweep takes a foreign temp only when both of its times are a day old") {
  struct Row {
    std::chrono::nanoseconds mtime_ago;
    std::chrono::nanoseconds ctime_ago;
    bool goes;
  };
  for (const Row& row : {Row{24h + 1ns, 24h + 1ns, true},
                         Row{24h, 24h + 1ns, false},
                         Row{24h + 1ns, 24h, false},
                         Row{-1h, 48h, false}}) {
    Rig rig;
    rig.put_foreign(row.mtime_ago, row.ctime_ago);
    CHECK(rig.sweep().size() == (row.goes ? 1 : 0));
    CHECK(rig.disk.exists(rig.foreign) != row.goes);
  }
}

TEST_CASE("sweep leaves a foreign temp that somebody has open, if only to read") {
  Rig rig;
  rig.put_foreign(48h, 48h);
  {
    const File reader(rig.disk, rig.disk.open_read(rig.foreign).value());
    CHECK(rig.sweep().empty());
    CHECK(rig.disk.exists(rig.foreign));
  }
  CHECK(rig.sweep().size() == 1);
}

TEST_CASE("sweep takes no foreign temp where nobody can tell who has it open") {
  Rig rig;
  MemFeatures features;
  features.leases = false;
  rig.disk.set_features(features);
  rig.put_foreign(48h, 48h);
  CHECK(rig.sweep().empty());
  CHECK(rig.disk.exists(rig.foreign));
}

TEST_CASE("sweep takes no foreign temp while Codex's maintenance runs") {
  Rig rig;
  rig.put_foreign(48h, 48h);
  const File held(
      rig.disk,
      rig.disk
          .open_lock(join_path(rig.store.home(), ".tmp/rollout-maintenance.lock"),
                     Create::yes)
          .value());
  must(rig.disk.try_lock(held.handle()));
  CHECK(rig.sweep().empty());
  CHECK(rig.disk.exists(rig.foreign));
}

TEST_CASE("sweep removes nothing once the store is somebody else's") {
  Rig rig;
  rig.disk.put(rig.part, "x");
  rig.put_foreign(48h, 48h);
  must(rig.disk.unlink(join_path(rig.store.state_dir(), "store.lock")));
  for (const Outcome& outcome : rig.sweep()) {
    CHECK(outcome.kind == OutcomeKind::failed);
  }
  CHECK(rig.disk.exists(rig.part));
  CHECK(rig.disk.exists(rig.foreign));
}

TEST_CASE("sweep leaves every other name alone") {
  Rig rig;
  const auto at = [&](const std::string& name) {
    return join_path(rig.store.dir(), name);
  };
  for (const std::string& name : {std::string("notes.tmp"),
                                  std::string(".0123.coldpress-part"),
                                  std::string("rollout-notes.tmp"),
                                  test_rollout_name(1) + ".bak"}) {
    rig.disk.put(at(name), "x");
    rig.disk.set_times(at(name), rig.clock.wall() - 48h, rig.clock.wall() - 48h);
  }
  const auto before = rig.disk.snapshot();
  CHECK(rig.sweep().empty());
  CHECK(rig.disk.snapshot().size() == before.size());
}

TEST_CASE("sweep goes on after a failure, and reports it") {
  Rig rig;
  rig.disk.put(rig.part, "x");
  rig.put_foreign(48h, 48h);
  rig.fs.fail_op("unlink", Errc::io, EIO);
  const auto outcomes = rig.sweep();
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].kind == OutcomeKind::failed);
  REQUIRE(outcomes[0].error);
  CHECK(outcomes[0].error->op == "unlink");
  CHECK(outcomes[1].kind == OutcomeKind::recovered);
  CHECK(rig.disk.exists(rig.part));
  CHECK_FALSE(rig.disk.exists(rig.foreign));
}

TEST_CASE("a temp that is a symlink is neither followed nor a failure") {
  Rig rig;
  rig.disk.put("/home/me/precious", "x");
  rig.disk.put_symlink(rig.part, "/home/me/precious");
  rig.disk.put_symlink(rig.foreign, "/home/me/precious");
  CHECK(rig.sweep().empty());
  CHECK(rig.disk.get("/home/me/precious") == "x");
  CHECK(rig.disk.exists(rig.part));
}
