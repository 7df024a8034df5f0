#include "locking/run_marker.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const std::string k_home = "/home/.codex";
const std::string k_path = k_home + "/.tmp/rollout-compression.lock";
const MarkerRules k_modern{false};
const MarkerRules k_marker_only{true};

// As Codex 0.169.0 writes it.
std::string codex_text(std::uint32_t pid) {
  return "pid=" + std::to_string(pid) +
         " started_at=SystemTime { tv_sec: 1795199618, tv_nsec: 486565281 }\n";
}

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  const ProcessId self = this_process();

  Rig() { disk.put_dir(k_home + "/.tmp"); }

  Result<RunMarker> claim(MarkerRules rules = k_modern) {
    return RunMarker::claim(disk, clock, self, k_home, rules);
  }
  MarkerInfo info() { return peek_marker(disk, k_home).value().value(); }
};

// Nobody has the largest number a pid may have.
constexpr std::uint32_t k_no_pid = 0x7fffffff;

} // namespace

TEST_CASE("a claimed marker looks like Codex's own and says that it is ours") {
  Rig rig;
  const auto marker = rig.claim();
  REQUIRE(marker);
  CHECK(rig.disk.get(k_path) ==
        "pid=" + std::to_string(rig.self.pid) +
            " started_at=SystemTime { tv_sec: 1767312000, tv_nsec: 0 } by=coldpress\n");
  const MarkerInfo info = rig.info();
  CHECK(info.pid == rig.self.pid);
  CHECK(info.by == "coldpress");
  CHECK(info.ours);
  CHECK(info.mtime == rig.clock.wall());
}

TEST_CASE("after success the marker stays, as fresh as the end of the run") {
  Rig rig;
  auto marker = rig.claim();
  REQUIRE(marker);
  rig.clock.advance(1h);
  REQUIRE(marker->finish(RunMarker::Success::yes));
  CHECK(rig.info().mtime == rig.clock.wall());
  CHECK(rig.disk.open_handles() == 0);
}

TEST_CASE("after failure the marker is gone") {
  Rig rig;
  SUBCASE("said so") {
    auto marker = rig.claim();
    REQUIRE(marker);
    CHECK(marker->finish(RunMarker::Success::no));
  }
  SUBCASE("not finished") {
    REQUIRE(rig.claim());
  }
  CHECK_FALSE(rig.disk.exists(k_path));
}

TEST_CASE("a finished marker outlives its object") {
  Rig rig;
  {
    auto marker = rig.claim();
    REQUIRE(marker);
    REQUIRE(marker->finish(RunMarker::Success::yes));
  }
  CHECK(rig.disk.exists(k_path));
}

TEST_CASE("a marker that the next coldpress took over is left to it") {
  Rig rig;
  auto late = rig.claim();
  REQUIRE(late);
  rig.clock.advance(1h);
  auto next = rig.claim();
  REQUIRE(next);
  CHECK(late->refresh().error().code == Errc::lost_lock);
  CHECK(late->finish(RunMarker::Success::no).error().code == Errc::lost_lock);
  CHECK(rig.disk.exists(k_path));
  CHECK(next->refresh());
}

TEST_CASE("refresh keeps the marker fresh") {
  Rig rig;
  auto marker = rig.claim();
  REQUIRE(marker);
  rig.clock.advance(5h);
  REQUIRE(marker->refresh());
  CHECK(rig.info().mtime == rig.clock.wall());
}

TEST_CASE("a marker that somebody made anew is theirs") {
  Rig rig;
  auto marker = rig.claim();
  REQUIRE(marker);
  REQUIRE(rig.disk.unlink(k_path));
  rig.disk.put(k_path, codex_text(1));
  rig.clock.advance(1min);
  const WallTime before = rig.info().mtime;

  CHECK(marker->refresh().error().code == Errc::lost_lock);
  SUBCASE("after success") {
    CHECK(marker->finish(RunMarker::Success::yes).error().code == Errc::lost_lock);
  }
  SUBCASE("after failure") {
    CHECK(marker->finish(RunMarker::Success::no).error().code == Errc::lost_lock);
  }
  CHECK(rig.disk.get(k_path) == codex_text(1));
  CHECK(rig.info().mtime == before);
}

TEST_CASE("a living compressor is not disturbed where only its marker shows it") {
  Rig rig;
  rig.disk.put(k_path, codex_text(rig.self.pid));
  const auto refused = rig.claim(k_marker_only);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::busy);
  CHECK(describe(refused.error()).find(std::to_string(rig.self.pid)) !=
        std::string::npos);
  CHECK(rig.disk.get(k_path) == codex_text(rig.self.pid));
}

TEST_CASE("a marker that blocks nobody is taken over in place") {
  Rig rig;
  MarkerRules rules = k_marker_only;
  SUBCASE("of a Codex that takes the maintenance lock, too") {
    rig.disk.put(k_path, codex_text(rig.self.pid));
    rules = k_modern;
  }
  SUBCASE("of a process that is gone") {
    rig.disk.put(k_path, codex_text(k_no_pid));
  }
  SUBCASE("of our own earlier run") {
    rig.disk.put(k_path, "pid=1 started_at=long ago by=coldpress\n");
  }
  SUBCASE("that names nobody, and is longer than ours") {
    rig.disk.put(k_path, std::string(300, '?'));
  }
  const auto inode = rig.disk.lstat(k_path)->inode;
  rig.clock.advance(1h);
  auto marker = rig.claim(rules);
  REQUIRE(marker);
  CHECK(rig.info().pid == rig.self.pid);
  CHECK(rig.info().ours);
  CHECK(rig.info().mtime == rig.clock.wall());
  CHECK(rig.disk.get(k_path).size() < 200);
  CHECK(rig.disk.lstat(k_path)->inode == inode);
}

TEST_CASE("Codex's own marker names its process and is not ours") {
  Rig rig;
  rig.disk.put(k_path, codex_text(7068));
  const MarkerInfo info = rig.info();
  CHECK(info.pid == 7068);
  CHECK(info.by.empty());
  CHECK_FALSE(info.ours);
  CHECK(info.text == codex_text(7068));
}

TEST_CASE("peek at a marker that is not there makes nothing") {
  Rig rig;
  CHECK_FALSE(peek_marker(rig.disk, k_home).value());
  CHECK_FALSE(peek_marker(rig.disk, "/nowhere").value());
  CHECK(rig.disk.snapshot().empty());
}

TEST_CASE("a marker that goes while it is claimed asks for another try") {
  Rig rig;
  rig.disk.put(k_path, codex_text(k_no_pid));
  FaultFs fs(rig.disk);
  fs.set_hook([&](std::string_view op, const std::string&) {
    if (op == "open_lock") {
      (void)rig.disk.unlink(k_path);
    }
  });
  const auto marker = RunMarker::claim(fs, rig.clock, rig.self, k_home, k_modern);
  REQUIRE_FALSE(marker);
  CHECK(marker.error().code == Errc::changed);
}

TEST_CASE("a marker that cannot be written is not left behind") {
  Rig rig;
  FaultFs fs(rig.disk);
  fs.fail_op("write_at", Errc::no_space);
  CHECK(RunMarker::claim(fs, rig.clock, rig.self, k_home, k_modern).error().code ==
        Errc::no_space);
  CHECK_FALSE(rig.disk.exists(k_path));
}
