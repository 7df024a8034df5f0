#include "fsutil/text.hpp"
#include "locking/codex_locks.hpp"
#include "locking/run_marker.hpp"
#include "locking/store_lock.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/preflight/preflight.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <functional>

using namespace coldpress;
using preflight::Obstacle;
using preflight::Stops;

namespace {

constexpr std::uint32_t k_me = 1000;

// A store in which runs were, with all their files.
struct Rig {
  Rig() {
    disk.put_dir("/home");
    disk.put_dir(home);
    for (const std::string& file : {store_lock_path(places.own_dir),
                                    codex.coordination,
                                    codex.maintenance,
                                    marker_path(home),
                                    places.state_dir + "/ledger.sqlite",
                                    codex.threads_dir + "/t.lock"}) {
      disk.put(file, "");
      for (const std::string& path : {file, parent_dir(file)}) {
        disk.set_owner_of(path, k_me, k_me);
      }
      disk.set_mode_of(parent_dir(file), 0755);
      disk.set_mode_of(file, 0644);
    }
    disk.set_owner_of(home, k_me, k_me);
    disk.set_mode_of(home, 0755);
  }

  // As sudo leaves it.
  void give_to_root(const std::string& path, std::uint32_t mode) {
    disk.set_owner_of(path, 0, 0);
    disk.set_mode_of(path, mode);
  }

  std::vector<Obstacle> look() { return preflight::look(disk, places); }
  Result<void> start() { return preflight::check_start(disk, places); }

  FakeClock clock;
  MemFs disk{clock};
  std::string home = "/home/store";
  preflight::Places places{home, home + "/coldpress", home + "/coldpress", k_me};
  CodexLockPaths codex{home};
};

// The one thing in the way: what it stops, and what it says.
void expect(Rig& rig, Stops stops, std::string_view what, std::string_view hint) {
  const std::vector<Obstacle> found = rig.look();
  REQUIRE_EQ(found.size(), 1);
  INFO(found[0].what << ": " << describe(found[0].error) << " -> " << found[0].hint);
  CHECK(found[0].stops == stops);
  CHECK_EQ(found[0].what, what);
  CHECK(found[0].hint.find(hint) != std::string::npos);
  const auto start = rig.start();
  CHECK_EQ(start.has_value(), stops != Stops::every_run);
  if (!start) {
    CHECK(describe(start.error()).find(hint) != std::string::npos);
  }
}

} // namespace

TEST_CASE("nothing is in the way of a store in which runs were, nor of a new one") {
  Rig rig;
  CHECK(rig.look().empty());
  CHECK(rig.start());
  MemFs fresh(rig.clock);
  fresh.put_dir("/new");
  fresh.set_owner_of("/new", k_me, k_me);
  CHECK(
      preflight::look(fresh, {"/new", "/new/coldpress", "/new/coldpress", k_me}).empty());
  CHECK(fresh.names("/new").empty());
}

TEST_CASE("a lock file that a run may not write is found, readable or not") {
  for (const std::uint32_t mode : {0644U, 0600U, 0444U}) {
    Rig rig;
    rig.give_to_root(rig.codex.maintenance, mode);
    expect(rig,
           Stops::every_run,
           "the maintenance lock",
           "sudo chown 1000 '" + rig.codex.maintenance);
    Rig other;
    other.give_to_root(other.codex.coordination, mode);
    expect(other, Stops::every_run, "the coordination lock", "belongs to user 0");
    Rig store;
    store.give_to_root(store_lock_path(store.places.own_dir), mode);
    expect(store, Stops::every_run, "the store lock", "belongs to user 0");
    Rig marker;
    marker.give_to_root(marker_path(marker.home), mode);
    expect(marker, Stops::every_run, "the run marker", "belongs to user 0");
  }
}

TEST_CASE("a directory counts only for what has to be made in it") {
  Rig rig;
  rig.give_to_root(rig.codex.temp_dir, 0755);
  rig.give_to_root(rig.codex.threads_dir, 0755);
  CHECK(rig.look().empty()); // all files are there
  rig.disk.take_away(marker_path(rig.home));
  expect(
      rig, Stops::every_run, "the run marker", "sudo chown 1000 '" + rig.codex.temp_dir);
  rig.disk.put(marker_path(rig.home), "");
  rig.disk.set_owner_of(marker_path(rig.home), k_me, k_me);
  rig.disk.set_mode_of(marker_path(rig.home), 0644);
  rig.disk.take_away(rig.codex.coordination);
  expect(rig, Stops::every_run, "the coordination lock", rig.codex.threads_dir);
}

TEST_CASE("what is absent with its directory is made in the store") {
  Rig rig;
  rig.disk.take_away(rig.codex.maintenance);
  rig.disk.take_away(marker_path(rig.home));
  rig.disk.take_away(rig.codex.temp_dir);
  CHECK(rig.look().empty());
  rig.disk.set_mode_of(rig.home, 0555);
  const auto found = rig.look();
  REQUIRE_EQ(found.size(), 2);
  CHECK_EQ(found[0].error.path, rig.home);
  CHECK_EQ(found[0].hint, "chmod u+rwx '" + rig.home + "'");
}

TEST_CASE("what is no file where a lock should be is found") {
  const std::function<void(MemFs&, const std::string&)> puts[] = {
      [](MemFs& disk, const std::string& path) { disk.put_special(path); },
      [](MemFs& disk, const std::string& path) { disk.put_dir(path); },
      [](MemFs& disk, const std::string& path) { disk.put_symlink(path, "/none"); }};
  for (const auto& put : puts) {
    Rig rig;
    rig.disk.take_away(rig.codex.maintenance);
    put(rig.disk, rig.codex.maintenance);
    expect(rig, Stops::every_run, "the maintenance lock", "has that name");
  }
}

TEST_CASE("a file where a directory should be is found") {
  Rig rig;
  rig.disk.take_away(rig.codex.maintenance);
  rig.disk.take_away(marker_path(rig.home));
  rig.disk.take_away(rig.codex.temp_dir);
  rig.disk.put(rig.codex.temp_dir, "a file");
  REQUIRE_EQ(rig.look().size(), 2);
  CHECK(rig.look()[0].hint.find("move it away") != std::string::npos);
  CHECK_FALSE(rig.start());
}

TEST_CASE("a thread's lock that cannot be opened stops that thread alone") {
  Rig rig;
  rig.give_to_root(rig.codex.threads_dir + "/t.lock", 0644); // may be read and locked
  CHECK(rig.look().empty());
  rig.give_to_root(rig.codex.threads_dir + "/t.lock", 0600);
  expect(rig, Stops::one_thread, "the lock of a thread", "belongs to user 0");
}

TEST_CASE("a ledger that cannot be written costs the memory, not the run") {
  Rig rig;
  rig.give_to_root(rig.places.state_dir + "/ledger.sqlite", 0644);
  expect(rig, Stops::memory, "the ledger", "belongs to user 0");
  Rig dir;
  dir.places.state_dir = "/state";
  dir.disk.put("/state/ledger.sqlite", "");
  dir.disk.set_owner_of("/state/ledger.sqlite", k_me, k_me);
  dir.disk.set_mode_of("/state/ledger.sqlite", 0644);
  dir.give_to_root("/state", 0755);
  expect(dir, Stops::memory, "the directory of the ledger", "'/state'");
}

TEST_CASE("a directory on a read-only mount says so") {
  Rig rig;
  FaultFs faults(rig.disk);
  faults.fail_op("create_unnamed", Errc::denied, EROFS);
  const auto writable = preflight::check_writable(faults, rig.home, k_me);
  REQUIRE_FALSE(writable);
  CHECK_EQ(writable.error().sys, EROFS);
}

TEST_CASE("without unnamed files a directory is judged by its owner and mode") {
  Rig rig;
  MemFeatures features;
  features.unnamed = false;
  rig.disk.set_features(features);
  CHECK(preflight::check_writable(rig.disk, rig.home, k_me));
  rig.disk.set_mode_of(rig.home, 0555);
  CHECK_FALSE(preflight::check_writable(rig.disk, rig.home, k_me));
  CHECK(preflight::check_writable(rig.disk, rig.home, 0));
  rig.give_to_root(rig.home, 0755);
  CHECK_FALSE(preflight::check_writable(rig.disk, rig.home, k_me));
}
