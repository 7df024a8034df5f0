#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/rollout/name.hpp"
#include "worker/stage/orphans.hpp"

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
  std::string orphan = join_path(store.orphans_dir(), retired_name(test_rollout_name(1)));

  Rig() {
    worker = std::move(TestWorker::start(fs, clock, store, test_process()).value());
    disk.put_dir(store.orphans_dir());
  }
  void put_orphan(const std::string& path) { disk.put(path, test_rollout()); }
  std::vector<Outcome> remove() {
    Guards guards = worker->guards();
    return remove_orphans(guards, store.home(), store.orphans_dir());
  }
};

} // namespace

TEST_CASE("orphans are listed by the name of their rollout, the oldest first") {
  Rig rig;
  rig.put_orphan(rig.orphan + ".2");
  rig.clock.advance(1h);
  rig.put_orphan(rig.orphan);
  rig.disk.put(join_path(rig.store.orphans_dir(), "notes.txt"), "of a person");
  rig.disk.put(join_path(rig.store.orphans_dir(), ".notes.2"), "of a person");
  const auto orphans = list_orphans(rig.disk, rig.store.orphans_dir()).value();
  REQUIRE(orphans.size() == 2);
  CHECK(orphans[0].path == rig.orphan + ".2");
  CHECK(orphans[1].path == rig.orphan);
  for (const Orphan& orphan : orphans) {
    CHECK(orphan.plain_name == test_rollout_name(1));
    CHECK(orphan.bytes == test_rollout().size());
  }
}

TEST_CASE("an orphan is removed once it is 30 days old, and no day earlier") {
  Rig rig;
  rig.put_orphan(rig.orphan);
  rig.clock.advance(k_orphan_age - 1s);
  CHECK(rig.remove().empty());
  CHECK(rig.disk.exists(rig.orphan));
  rig.clock.advance(1s);
  const auto outcomes = rig.remove();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes.front().kind == OutcomeKind::removed);
  CHECK(outcomes.front().bytes_before == test_rollout().size());
  CHECK_FALSE(rig.disk.exists(rig.orphan));
}

TEST_CASE("an orphan that some process has open stays") {
  Rig rig;
  rig.put_orphan(rig.orphan);
  rig.clock.advance(k_orphan_age);
  const File reader(rig.disk, rig.disk.open_read(rig.orphan).value());
  CHECK(rig.remove().empty());
  CHECK(rig.disk.exists(rig.orphan));
}

TEST_CASE("what bears no orphan's name stays, however old it is") {
  Rig rig;
  const std::string note = join_path(rig.store.orphans_dir(), "notes.txt");
  rig.disk.put(note, "of a person");
  rig.clock.advance(k_orphan_age * 2);
  CHECK(rig.remove().empty());
  CHECK(rig.disk.exists(note));
}

TEST_CASE("an orphan that cannot be removed is a failure that names it") {
  Rig rig;
  rig.put_orphan(rig.orphan);
  rig.clock.advance(k_orphan_age);
  rig.fs.fail_op("unlink", Errc::denied, EACCES);
  const auto outcomes = rig.remove();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes.front().kind == OutcomeKind::failed);
  REQUIRE(outcomes.front().error);
  CHECK(outcomes.front().error->path == rig.orphan);
  CHECK(rig.disk.exists(rig.orphan));
}
