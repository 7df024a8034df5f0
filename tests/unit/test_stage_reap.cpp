#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/stage/reap.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  StoreRig store{disk, clock};
  FaultFs fs{disk};
  std::unique_ptr<TestWorker> worker;
  std::string text = test_rollout();
  std::string plain = store.plain();
  std::string compressed = store.compressed();
  std::string retired = store.retired();
  std::optional<Published> published;

  explicit Rig(const MemFeatures& features = {}) {
    disk.set_features(features);
    store.put(plain, text);
    clock.advance(1h);
    worker = std::move(TestWorker::start(fs, clock, store, test_process()).value());
    published.emplace(worker->publish(store.candidate(plain)).value());
    clock.advance(k_test_grace);
    fs.reset();
  }
  Step<std::monostate> reap() {
    Guards guards = worker->guards();
    return coldpress::reap(guards, *published);
  }
  File hold(const std::string& path) {
    File file(disk, disk.open_lock(join_path(store.home(), path), Create::yes).value());
    must(disk.try_lock(file.handle()));
    return file;
  }
};

} // namespace

TEST_CASE("a retired file that some process reads stays: it may be opened again for "
          "writing through that descriptor") {
  Rig rig;
  {
    const File reader(rig.disk, rig.disk.open_read(rig.retired).value());
    const auto reaped = rig.reap();
    REQUIRE_FALSE(reaped);
    CHECK(reaped.error().reason == Reason::open_for_writing);
    CHECK(rig.disk.exists(rig.retired));
  }
  CHECK(rig.reap());
  CHECK_FALSE(rig.disk.exists(rig.retired));
}

TEST_CASE("reap syncs the frame and its name before the retired file goes") {
  Rig rig;
  REQUIRE(rig.reap());
  CHECK_FALSE(rig.disk.exists(rig.retired));
  CHECK(rig.store.read(rig.plain) == rig.text);
  const auto file = rig.fs.find("sync_file", rig.compressed);
  const auto gone = rig.fs.find("unlink", rig.retired);
  REQUIRE(file);
  REQUIRE(gone);
  const auto name = rig.fs.find("sync_dir", rig.store.dir(), *file);
  REQUIRE(name);
  CHECK(*name < *gone);
  CHECK(rig.fs.find("sync_dir", rig.store.dir(), *gone));
}

TEST_CASE("reap leaves the retired file when anything is not as publish left it") {
  struct Row {
    std::string name;
    Reason reason;
    std::function<void(Rig&)> make;
  };
  const std::vector<Row> rows{
      {"R has more",
       Reason::changed,
       [](Rig& r) { (void)r.disk.append(r.retired, "more\n"); }},
      {"R was touched",
       Reason::changed,
       [](Rig& r) { r.disk.set_times(r.retired, r.clock.wall(), r.clock.wall()); }},
      {"R was chmodded",
       Reason::changed,
       [](Rig& r) { r.disk.set_mode_of(r.retired, 0640); }},
      {"R has a second name",
       Reason::changed,
       [](Rig& r) { must(r.disk.link(r.retired, r.plain)); }},
      {"R was replaced",
       Reason::changed,
       [](Rig& r) {
         must(r.disk.unlink(r.retired));
         r.disk.put(r.retired, r.text, r.published->plain().mtime);
       }},
      {"R is open for writing",
       Reason::open_for_writing,
       [](Rig& r) {
         r.disk.finish_open(r.disk.open_for_append_resolve(r.retired).value());
       }},
      {"Z is gone", Reason::changed, [](Rig& r) { must(r.disk.unlink(r.compressed)); }},
      {"Z is another",
       Reason::changed,
       [](Rig& r) {
         must(r.disk.unlink(r.compressed));
         r.disk.put(r.compressed, test_frame(r.text), r.published->compressed().mtime);
       }},
      {"Z was rewritten", Reason::changed, [](Rig& r) { r.disk.put(r.compressed, "x"); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Rig rig;
    row.make(rig);
    const auto before = rig.disk.get(rig.retired);
    const auto reaped = rig.reap();
    REQUIRE_FALSE(reaped);
    CHECK(reaped.error().kind == OutcomeKind::skipped);
    CHECK(name_of(reaped.error().reason) == name_of(row.reason));
    CHECK(rig.disk.get(rig.retired) == before);
  }
}

TEST_CASE("reap tries later when a lock is held") {
  for (const auto& [path, reason] :
       {std::pair(std::string(".tmp/rollout-maintenance.lock"), Reason::maintenance),
        std::pair(std::string("thread-writer-locks/.coordination.lock"),
                  Reason::live_writer),
        std::pair("thread-writer-locks/" + test_thread_id(1) + ".lock",
                  Reason::live_writer)}) {
    Rig rig;
    {
      const File held = rig.hold(path);
      const auto reaped = rig.reap();
      REQUIRE_FALSE(reaped);
      CHECK(reaped.error().reason == reason);
      CHECK(rig.disk.get(rig.retired) == rig.text);
    }
    CHECK(rig.reap());
  }
}

TEST_CASE("a writer that comes in the last moment stops the reaping") {
  Rig rig;
  bool came = false;
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    if (op == "lease_whole" && path == rig.retired) {
      came = true;
      (void)rig.disk.append(rig.retired, "late\n");
    }
  });
  CHECK_FALSE(rig.reap());
  CHECK(came);
  CHECK(rig.disk.get(rig.retired) == rig.text + "late\n");
}

TEST_CASE("reap wants a lease where publish had one") {
  Rig rig;
  MemFeatures none;
  none.leases = false;
  rig.disk.set_features(none);
  CHECK_FALSE(rig.reap());
  CHECK(rig.disk.get(rig.retired) == rig.text);
}

TEST_CASE("reap goes without a lease where there never was one") {
  MemFeatures none;
  none.leases = false;
  Rig rig(none);
  CHECK(rig.reap());
  CHECK_FALSE(rig.disk.exists(rig.retired));
}

TEST_CASE("a retired file that is gone already is no failure") {
  Rig rig;
  must(rig.disk.unlink(rig.retired));
  const auto reaped = rig.reap();
  REQUIRE_FALSE(reaped);
  CHECK(reaped.error().kind == OutcomeKind::skipped);
}
