#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/stage/scan.hpp"
#include "worker/stage/sweep.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <functional>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t k_uid = 1000; // as MemFs starts

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  StoreRig store{disk, clock};
  FaultFs fs{disk};
  std::unique_ptr<TestWorker> worker;
  std::string part = join_path(store.dir(), ".0123456789abcdef.coldpress-part");
  std::string text = test_rollout();
  std::string foreign = join_path(store.dir(), "rollout-compress-aB3xY9.tmp");

  Rig() {
    store.put(store.plain(), text);
    worker = std::move(TestWorker::start(fs, clock, store, test_process()).value());
  }
  void put_foreign(std::chrono::nanoseconds mtime_ago,
                   std::chrono::nanoseconds ctime_ago) {
    put_foreign(test_frame(text));
    disk.set_times(foreign, clock.wall() - mtime_ago, clock.wall() - ctime_ago);
  }
  void put_foreign(const std::string& bytes) { put_old(foreign, bytes); }
  void put_old(const std::string& path, const std::string& bytes) {
    disk.put(path, bytes);
    disk.set_times(path, clock.wall() - 48h, clock.wall() - 48h);
  }
  std::vector<Outcome> sweep() {
    Guards guards = worker->guards();
    Inventory found = scan(disk, store.home(), {clock.wall(), {}});
    auto outcomes = sweep_temps(guards, found, {store.home(), k_uid});
    listed.clear();
    for (const OddEntry& odd : found.odd) {
      listed.push_back(odd.path);
    }
    return outcomes;
  }
  std::vector<std::string> listed; // by the last sweep, as not handled
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

TEST_CASE("sweep takes a foreign temp only if its rollout has all of its bytes") {
  struct Row {
    std::string name;
    bool goes;
    std::function<void(Rig&)> put;
  };
  const std::string half = test_rollout().substr(0, test_rollout().size() / 2);
  const std::string materialize = ".rollout-materialize-aB3xY9";
  const auto at = [](Rig& r, Root root, const std::string& name) {
    return join_path(r.store.dir(root), name);
  };
  const std::vector<Row> rows{
      {"empty", true, [](Rig& r) { r.put_foreign(""); }},
      {"a frame of all of it", true, [](Rig& r) { r.put_foreign(test_frame(r.text)); }},
      {"a frame of its beginning",
       true,
       [&](Rig& r) { r.put_foreign(test_frame(half)); }},
      {"a frame that lacks its end",
       true,
       [](Rig& r) {
         const std::string frame = test_weak_frame(r.text + std::string(1U << 20U, ' '));
         r.disk.put(r.store.plain(), r.text + std::string(1U << 20U, ' '));
         r.put_foreign(frame.substr(0, frame.size() - 100));
       }},
      {"plain bytes that lack their end",
       true,
       [&](Rig& r) { r.put_old(at(r, Root::archived, materialize), half); }},
      {"beside a .zst",
       true,
       [&](Rig& r) {
         must(r.disk.unlink(r.store.plain()));
         r.store.put(r.store.compressed(), test_frame(r.text));
         r.put_old(at(r, Root::archived, materialize), half);
       }},
      {"in sessions/, its rollout archived since",
       true,
       [&](Rig& r) {
         r.put_old(at(r, Root::active, "rollout-compress-aB3xY9.tmp"),
                   test_frame(r.text));
       }},
      {"not a whole first record",
       false,
       [](Rig& r) { r.put_foreign(test_frame(r.text.substr(0, 50))); }},
      {"a frame cut off before its first block ended",
       false,
       [](Rig& r) { r.put_foreign(test_frame(r.text).substr(0, 20)); }},
      {"no frame", false, [](Rig& r) { r.put_foreign("half a frame"); }},
      {"of a rollout that is not there",
       false,
       [](Rig& r) { r.put_foreign(test_frame(test_rollout(2))); }},
      {"more than its rollout",
       false,
       [](Rig& r) { r.put_foreign(test_frame(r.text + test_line("more"))); }},
      {"another history",
       false,
       [](Rig& r) {
         r.put_foreign(test_frame(test_rollout(1, 20) + test_line("another")));
       }},
      {"damaged after the first record",
       false,
       [](Rig& r) {
         std::string frame = test_weak_frame(r.text);
         frame[frame.size() - 10] ^= 1;
         r.put_foreign(frame);
       }},
      {"beside a damaged .zst",
       false,
       [](Rig& r) {
         must(r.disk.unlink(r.store.plain()));
         const std::string frame = test_frame(r.text);
         r.store.put(r.store.compressed(), frame.substr(0, frame.size() - 4));
         r.put_foreign(test_frame(r.text.substr(0, 1000)));
       }},
      {"beside a rollout of another user",
       false,
       [](Rig& r) {
         r.put_foreign(test_frame(r.text));
         r.disk.set_owner_of(r.store.plain(), 1001, 1001);
       }},
      {"beside a rollout that others may write",
       false,
       [](Rig& r) {
         r.put_foreign(test_frame(r.text));
         r.disk.set_mode_of(r.store.plain(), 0666);
       }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Rig rig;
    row.put(rig);
    const auto before = rig.disk.snapshot();
    const auto outcomes = rig.sweep();
    CHECK(outcomes.size() == (row.goes ? 1 : 0));
    CHECK(rig.disk.snapshot().size() == before.size() - (row.goes ? 1 : 0));
    CHECK(rig.listed.size() == (row.goes ? 0 : 1));
    for (const Outcome& outcome : outcomes) {
      CHECK(outcome.kind == OutcomeKind::recovered);
    }
  }
}

TEST_CASE("a rollout is durable before the temp that it makes needless goes") {
  Rig rig;
  rig.put_foreign(48h, 48h);
  rig.fs.reset();
  CHECK(rig.sweep().size() == 1);
  const auto gone = rig.fs.find("unlink", rig.foreign);
  const auto file = rig.fs.find("sync_file", rig.store.plain());
  REQUIRE(gone);
  REQUIRE(file);
  CHECK(*file < *gone);
  const auto name = rig.fs.find("sync_dir", rig.store.dir(), *file);
  REQUIRE(name);
  CHECK(*name < *gone);
}

TEST_CASE("sweep leaves another user's temps alone") {
  Rig rig;
  rig.disk.put(rig.part, "x");
  rig.put_foreign(48h, 48h);
  rig.disk.set_owner_of(rig.part, 1001, 1001);
  rig.disk.set_owner_of(rig.foreign, 1001, 1001);
  rig.disk.set_mode_of(rig.part, 0666);
  rig.disk.set_mode_of(rig.foreign, 0666);
  rig.sweep();
  CHECK(rig.disk.exists(rig.part));
  CHECK(rig.disk.exists(rig.foreign));
}

TEST_CASE("what is only nearly named like a temp of Codex is listed, whatever it holds") {
  Rig rig;
  for (const std::string& name : {test_rollout_name(1) + ".tmp",
                                  test_rollout_name(1) + ".bak.tmp",
                                  std::string("rollout-compress-aB3.tmp")}) {
    rig.put_old(join_path(rig.store.dir(), name), rig.text);
  }
  CHECK(rig.sweep().empty());
  CHECK(rig.listed.size() == 3);
  for (const std::string& path : rig.listed) {
    CHECK(rig.disk.exists(path));
  }
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
