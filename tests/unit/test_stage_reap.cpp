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
  std::string text;
  std::string plain = store.plain();
  std::string compressed = store.compressed();
  std::string retired = store.retired();
  std::optional<Published> published;

  explicit Rig(const MemFeatures& features = {}, int lines = 200)
      : text(test_rollout(1, lines)) {
    disk.set_features(features);
    store.put(plain, text);
    clock.advance(1h + 1ns); // not a whole second
    worker = std::move(TestWorker::start(fs, clock, store, test_process()).value());
    published.emplace(worker->publish(store.candidate(plain)).value());
    clock.advance(k_test_grace);
    fs.reset();
  }
  // Another byte, and the times as a copying tool leaves them.
  void edit(const std::string& path, WallTime ctime) {
    std::string bytes = disk.get(path);
    bytes[bytes.size() / 2] ^= 1;
    const WallTime mtime = disk.lstat(path).value().mtime;
    disk.put(path, bytes, mtime);
    disk.set_times(path, mtime, ctime);
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

TEST_CASE("a retired file that was overwritten in place stays, though its mtime was put "
          "back") {
  for (const bool leases : {true, false}) {
    MemFeatures features;
    features.leases = leases;
    for (const bool same_ctime : {true, false}) {
      CAPTURE(leases);
      CAPTURE(same_ctime); // as a clock does that has not moved on since
      Rig rig(features);
      rig.edit(rig.retired,
               same_ctime ? rig.published->retired().ctime : rig.clock.wall());
      const auto edited = rig.disk.get(rig.retired);
      const auto reaped = rig.reap();
      REQUIRE_FALSE(reaped);
      CHECK(reaped.error().reason == Reason::changed);
      CHECK(rig.disk.get(rig.retired) == edited);
      CHECK(edited != rig.text);
    }
  }
}

TEST_CASE("a large retired file that was overwritten in place stays: its ctime says so") {
  Rig rig({}, 20'000);
  REQUIRE(rig.published->changes_show());
  rig.edit(rig.retired, rig.clock.wall());
  const auto edited = rig.disk.get(rig.retired);
  const auto reaped = rig.reap();
  REQUIRE_FALSE(reaped);
  CHECK(reaped.error().reason == Reason::changed);
  CHECK(rig.disk.get(rig.retired) == edited);
  CHECK(edited != rig.text);
}

TEST_CASE("a ctime that moved without the bytes does not keep a retired file") {
  Rig rig;
  const WallTime mtime = rig.disk.lstat(rig.retired).value().mtime;
  rig.disk.set_times(rig.retired, mtime, rig.clock.wall());
  CHECK(rig.reap());
  CHECK_FALSE(rig.disk.exists(rig.retired));
}

TEST_CASE("of a large file publish waits until its ctime shows each change, so that reap "
          "need not read it again") {
  Rig large({}, 20'000);
  REQUIRE(large.text.size() > (1U << 20U));
  CHECK(large.published->changes_show());
  CHECK(large.reap());
  CHECK_FALSE(large.fs.find("read_at", large.retired));
  Rig small;
  CHECK_FALSE(small.published->changes_show());
  CHECK(small.reap());
  CHECK(small.fs.find("read_at", small.retired));
}

TEST_CASE(
    "whoever comes to a large file that was just retired does not wait for the clock") {
  Rig rig({}, 20'000);
  rig.store.put(rig.store.plain(2), test_rollout(2, 20'000));
  rig.clock.advance(1h);
  const std::string plain = rig.store.plain(2);
  int looks = 0;
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    looks += op == "lease_whole" && path == plain ? 1 : 0;
    if (looks == 2) { // the first is step 10's
      looks += 1;
      rig.disk.finish_open(
          rig.disk.open_for_append_resolve(rig.store.retired(2)).value());
    }
  });
  const BootTime begun = rig.clock.boot();
  const auto published = rig.worker->publish(rig.store.candidate(plain));
  rig.fs.set_hook({});
  REQUIRE(published);
  CHECK(looks > 2);
  CHECK_FALSE(published->changes_show());
  CHECK(rig.clock.boot() == begun);
}

TEST_CASE("where a file system keeps whole seconds, publish does not vouch for ctime") {
  FakeClock clock;
  CHECK(stamp_step(clock.wall()) == 2s);
  CHECK(stamp_step(clock.wall() + 10ms) == 20ms);
  CHECK(stamp_step(clock.wall() + 1ns) == 0ns);
}

TEST_CASE(
    "a process that opens the retired file while it is compared stops the reaping") {
  Rig rig;
  bool came = false;
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    if (op == "read_at" && path == rig.retired && !came) {
      came = true;
      rig.disk.finish_open(rig.disk.open_for_append_resolve(rig.retired).value());
    }
  });
  const auto reaped = rig.reap();
  CHECK(came);
  REQUIRE_FALSE(reaped);
  CHECK(name_of(reaped.error().reason) == "open_for_writing");
  CHECK(rig.disk.get(rig.retired) == rig.text);
}

TEST_CASE("reap leaves the retired file beside a .zst that was overwritten in place") {
  Rig rig;
  rig.edit(rig.compressed, rig.clock.wall());
  const auto reaped = rig.reap();
  REQUIRE_FALSE(reaped);
  CHECK(reaped.error().reason == Reason::changed);
  CHECK(rig.disk.get(rig.retired) == rig.text);
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
    if (op == "lease_whole" && path == rig.retired && !came) {
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
