#include "locking/thread_lock.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const std::string k_id = "0199aaaa-bbbb-7ccc-8ddd-000000000001";

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  FaultFs fs{disk};
  CodexLocks codex{fs, clock, "/home"};
  std::string path = "/home/thread-writer-locks/" + k_id + ".lock";

  Rig() { disk.put_dir("/home"); }
  Result<ThreadLock> acquire(std::chrono::nanoseconds wait = 0s) {
    return ThreadLock::acquire(fs, clock, codex, k_id, wait);
  }
  bool writer_seen() {
    const auto coordination = codex.try_coordination(0s);
    REQUIRE(coordination);
    return codex.thread_has_writer(*coordination, k_id).value();
  }
};

} // namespace

TEST_CASE("a thread lock shuts out others and leaves no file when given back") {
  Rig rig;
  {
    const auto lock = rig.acquire();
    REQUIRE(lock);
    CHECK(lock->check());
    CHECK(rig.writer_seen());
    const auto second = rig.acquire();
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Errc::busy);
  }
  CHECK_FALSE(rig.disk.exists(rig.path));
  CHECK_FALSE(rig.writer_seen());
  CHECK(rig.disk.open_handles() == 0);
}

TEST_CASE("a thread lock is taken and removed under the coordination lock") {
  Rig rig;
  const auto held = [&] { return !rig.codex.try_coordination(0s); };
  std::vector<std::string> outside;
  bool looking = false;
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    if (path == rig.path && !looking && (op == "try_lock" || op == "unlink")) {
      looking = true;
      if (!held()) {
        outside.emplace_back(op);
      }
      looking = false;
    }
  });
  { REQUIRE(rig.acquire()); }
  CHECK(outside.empty());
  CHECK(rig.fs.find("unlink", rig.path));
}

TEST_CASE("who waits for a thread lock gets it when it comes free, or is busy") {
  Rig rig;
  auto first = std::make_unique<ThreadLock>(std::move(rig.acquire().value()));
  const BootTime begun = rig.clock.boot();
  CHECK(rig.acquire(5s).error().code == Errc::busy);
  CHECK(rig.clock.boot() - begun >= 5s);
  int asked = 0;
  rig.fs.set_hook([&](std::string_view op, const std::string& path) {
    if (op == "open_lock" && path == rig.path && ++asked == 3) {
      first.reset();
    }
  });
  CHECK(rig.acquire(5s));
  CHECK(asked >= 3);
}

TEST_CASE("a lock that a process left behind still holds keeps its file") {
  Rig rig;
  std::optional<File> heir;
  {
    const auto lock = rig.acquire();
    REQUIRE(lock);
    // A forked child has the same open file: stand in for it the moment we close ours.
    rig.fs.set_hook([&](std::string_view op, const std::string& path) {
      if (op == "close" && path == rig.path && !heir) {
        heir.emplace();
      }
      if (op == "open_lock" && path == rig.path && heir && !*heir) {
        heir.emplace(rig.disk, rig.disk.open_lock(path, Create::no).value());
        REQUIRE(rig.disk.try_lock(heir->handle()));
      }
    });
  }
  rig.fs.set_hook({});
  CHECK(rig.disk.exists(rig.path));
  CHECK(rig.acquire().error().code == Errc::busy);
  heir.reset();
  CHECK(rig.acquire());
}

TEST_CASE("a lock file that somebody removed or replaced is a lost lock") {
  Rig rig;
  const auto lock = rig.acquire();
  REQUIRE(lock);
  REQUIRE(rig.disk.unlink(rig.path));
  CHECK(lock->check().error().code == Errc::lost_lock);
  rig.disk.put(rig.path, "");
  CHECK(lock->check().error().code == Errc::lost_lock);
}

TEST_CASE("a lock that was handed over is used, not given back; another is refused") {
  Rig rig;
  auto lock = rig.acquire();
  REQUIRE(lock);
  {
    const auto inner = ThreadLock::handed_over(rig.fs, rig.codex, k_id, lock->handle());
    REQUIRE(inner);
    CHECK(inner->check());
  }
  CHECK(rig.writer_seen());
  rig.disk.put("/home/thread-writer-locks/other.lock", "");
  const File other(
      rig.disk,
      rig.disk.open_lock("/home/thread-writer-locks/other.lock", Create::no).value());
  CHECK(ThreadLock::handed_over(rig.fs, rig.codex, k_id, other.handle()).error().code ==
        Errc::lost_lock);
  // The same file, opened anew: it is not the one that holds the lock.
  const File anew(rig.disk, rig.disk.open_lock(rig.path, Create::no).value());
  CHECK(ThreadLock::handed_over(rig.fs, rig.codex, k_id, anew.handle()).error().code ==
        Errc::lost_lock);
}

TEST_CASE("an id that is no file name locks nothing") {
  Rig rig;
  for (const std::string& id : {std::string("../x"), std::string(), std::string(".a")}) {
    CHECK(ThreadLock::acquire(rig.fs, rig.clock, rig.codex, id, 0s).error().code ==
          Errc::invalid);
  }
}
