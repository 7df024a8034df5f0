#include "fsutil/text.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/rollout/name.hpp"
#include "worker/stage/plan.hpp"
#include "worker/stage/scan.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  StoreRig store{disk, clock};

  Inventory scan(SharedHistory shared = SharedHistory::automatic) {
    return coldpress::scan(disk, store.home(), {clock.wall(), shared});
  }
  Reason reason(int number, SharedHistory shared = SharedHistory::automatic) {
    PlanRules rules;
    rules.uid = 1000;
    rules.now = clock.wall();
    rules.scan.settle = 0ms;
    rules.compat.shared_history = shared;
    const Inventory found = scan(shared);
    const Plan plan = make_plan(found.candidates, found.versions, rules, {});
    for (const Decision& decision : plan.decisions) {
      if (decision.candidate.path == store.plain(number)) {
        return decision.reason;
      }
    }
    FAIL("not in the plan");
    return Reason::cold;
  }
  // A rollout whose writer's version was seen so long ago, by mtime.
  void put(const TestHead& head, std::chrono::hours ago) {
    store.put(store.plain(head.number), test_rollout(head), clock.wall() - ago);
  }
};

} // namespace

TEST_CASE("scan finds what the first record says, and changes nothing") {
  Rig rig;
  rig.store.put(rig.store.plain(), test_rollout());
  const auto before = rig.disk.snapshot();
  const Inventory found = rig.scan();
  REQUIRE(found.candidates.size() == 1);
  const Candidate& candidate = found.candidates.front();
  CHECK(candidate.rollout == "archived_sessions/" + test_rollout_name(1));
  CHECK(candidate.path == rig.store.plain());
  CHECK(candidate.root == Root::archived);
  CHECK(candidate.thread_id == test_thread_id(1));
  CHECK(candidate.cwd == "/home/me/project");
  CHECK(candidate.cli_version == Version{0, 169, 0});
  CHECK_FALSE(candidate.compressed_sibling);
  CHECK(candidate.stamp == FileStamp::of(rig.disk.lstat(rig.store.plain()).value()));
  CHECK(found.leftovers.empty());
  CHECK(rig.disk.snapshot() == before);
  CHECK(rig.disk.open_handles() == 0);
}

TEST_CASE("scan sorts what stands in the trees by its name") {
  Rig rig;
  const std::string dir = rig.store.dir();
  rig.store.put(rig.store.plain(1), test_rollout(1));
  rig.store.put(rig.store.compressed(2), test_frame(test_rollout(2)));
  rig.store.put(rig.store.retired(3), test_rollout(3));
  rig.store.put(join_path(dir, "rollout-by-hand.jsonl"), "x");
  rig.store.put(join_path(dir, ".0123456789abcdef.coldpress-part"), "x");
  rig.store.put(join_path(dir, "rollout-compress-aB3xY9.tmp"), "x");
  rig.store.put(join_path(dir, "notes.txt"), "x");
  rig.disk.put_symlink(rig.store.plain(4), rig.store.plain(1));
  rig.disk.put_special(rig.store.plain(5));

  const Inventory found = rig.scan();
  CHECK(found.candidates.size() == 4); // 1, the malformed one, the symlink, the FIFO
  CHECK(found.compressed_files == 1);
  CHECK(found.parts.size() == 1);
  CHECK(found.foreign_temps.size() == 1);
  REQUIRE(found.leftovers.size() == 1);
  CHECK(found.leftovers.front().plain_name == test_rollout_name(3));
  CHECK(rig.reason(1) == Reason::cold);
  CHECK(rig.reason(4) == Reason::symlink);
  CHECK(rig.reason(5) == Reason::not_regular);
}

TEST_CASE("scan reports both forms beside each other, and across the trees") {
  Rig rig;
  rig.store.put(rig.store.plain(1), test_rollout(1));
  rig.store.put(rig.store.compressed(1), test_frame(test_rollout(1)));
  rig.store.put(rig.store.plain(2), test_rollout(2));
  rig.store.put(rig.store.compressed(2, Root::active), test_frame(test_rollout(2)));
  const Inventory found = rig.scan();
  CHECK(found.leftovers.size() == 2);
  CHECK(rig.reason(1) == Reason::both_forms);
  CHECK(rig.reason(2) == Reason::in_both_trees);
}

TEST_CASE("scan takes no store through a tree that is a symlink") {
  FakeClock clock;
  MemFs disk{clock};
  disk.put("/elsewhere/" + test_rollout_name(1), test_rollout());
  disk.put_dir("/home/me/.codex");
  disk.put_symlink("/home/me/.codex/archived_sessions", "/elsewhere");
  const Inventory found = scan(disk, "/home/me/.codex", {clock.wall(), {}});
  CHECK(found.candidates.empty());
  CHECK(found.errors.size() == 1);
}

TEST_CASE("scan of an empty home is empty") {
  FakeClock clock;
  MemFs disk{clock};
  disk.put_dir("/home/me/.codex");
  const Inventory found = scan(disk, "/home/me/.codex", {clock.wall(), {}});
  CHECK(found.candidates.empty());
  CHECK(found.errors.empty());
}

TEST_CASE("a rollout that cannot be read is in the plan with that reason") {
  Rig rig;
  rig.store.put(rig.store.plain(), test_rollout());
  rig.disk.set_mode_of(rig.store.plain(), 0);
  CHECK(rig.reason(1) == Reason::unreadable);
}

TEST_CASE("a rollout that another program has leased is open, not unreadable") {
  Rig rig;
  rig.store.put(rig.store.plain(), test_rollout());
  const File held(rig.disk, rig.disk.open_lock(rig.store.plain(), Create::no).value());
  must(rig.disk.set_lease(held.handle(), LeaseKind::write));
  CHECK(rig.reason(1) == Reason::open_for_writing);
}

TEST_CASE("a file that does not begin with session_meta is left alone") {
  Rig rig;
  rig.store.put(rig.store.plain(), test_line("no head") + test_rollout());
  CHECK(rig.reason(1) == Reason::no_session_meta);
}

TEST_CASE("a Codex 0.136 that began a rollout counts for 30 days, in either form") {
  for (const bool compressed : {false, true}) {
    CAPTURE(compressed);
    for (const bool recent : {true, false}) {
      CAPTURE(recent);
      Rig rig;
      rig.put({}, 30 * 24h);
      TestHead old;
      old.number = 2;
      old.cli_version = "0.136.0";
      old.written = format_time(rig.clock.wall() - (recent ? 29 : 31) * 24h);
      // A file's own times say nothing: those of a copy are of today.
      if (compressed) {
        rig.store.put(rig.store.compressed(2),
                      test_frame(test_rollout(old)),
                      rig.clock.wall() - 1h);
      } else {
        rig.store.put(rig.store.plain(2), test_rollout(old), rig.clock.wall() - 1h);
      }
      CHECK(rig.reason(1) == (recent ? Reason::reader_too_old : Reason::cold));
    }
  }
}

TEST_CASE("a rollout that old Codexes began and a new one resumed does not refuse") {
  for (const std::string version : {"0.98.0", "0.135.0", "0.136.2"}) {
    CAPTURE(version);
    Rig rig;
    rig.put({}, 30 * 24h);
    TestHead old;
    old.number = 2;
    old.cli_version = version;
    const WallTime now = rig.clock.wall();
    rig.store.put(rig.store.plain(2),
                  test_rollout(old) +
                      test_turn(TurnWriter::before_0_136, now - 31 * 24h) +
                      test_turn(TurnWriter::from_0_155, now - 2h),
                  now - 2h);
    CHECK(rig.reason(1) == Reason::cold);
  }
}

TEST_CASE("a turn of an old Codex within 30 days refuses, whatever stands around it") {
  for (const std::string version : {"0.171.0", "0.135.0"}) {
    for (const TurnWriter writer : {TurnWriter::before_0_136, TurnWriter::only_0_136}) {
      CAPTURE(version);
      Rig rig;
      rig.put({}, 30 * 24h);
      TestHead head;
      head.number = 2;
      head.cli_version = version;
      const WallTime now = rig.clock.wall();
      std::string text = test_rollout(head) + test_turn(writer, now - 29 * 24h);
      for (int turn = 0; turn < 2000; ++turn) {
        text += test_turn(TurnWriter::from_0_155, now - 28 * 24h + turn * 1min);
        text += test_line(std::string(500, 'x'));
      }
      // An mtime that is older than the turn does not hide it.
      rig.store.put(rig.store.plain(2), text, now - 40 * 24h);
      CHECK(rig.reason(1) == Reason::reader_too_old);
      rig.clock.advance(48h);
      CHECK(rig.reason(1) == Reason::cold);
    }
  }
}

TEST_CASE("turns that a fork copies count at the time they were written at") {
  for (const bool recent : {true, false}) {
    CAPTURE(recent);
    Rig rig;
    rig.put({}, 30 * 24h);
    const WallTime now = rig.clock.wall();
    TestHead fork;
    fork.number = 2;
    fork.cli_version = "0.171.0";
    fork.written = format_time(now - 3h);
    rig.store.put(rig.store.plain(2),
                  test_rollout(fork) +
                      test_turn(TurnWriter::before_0_136,
                                now - (recent ? 20 : 200) * 24h,
                                now - 3h) +
                      test_turn(TurnWriter::from_0_155, now - 2h),
                  now - 2h);
    CHECK(rig.reason(1) == (recent ? Reason::reader_too_old : Reason::cold));
  }
}

TEST_CASE("a Codex before 0.153 that resumed a thread keeps forks plain") {
  struct Case {
    std::string began;
    TurnWriter last;
    bool plain;
  };
  const Case cases[] = {{"0.171.0", TurnWriter::from_0_137, true},
                        {"0.140.0", TurnWriter::from_0_155, false},
                        {"0.135.0", TurnWriter::from_0_153, true}, // 0.153 or 0.154
                        {"0.154.0", TurnWriter::from_0_153, false}};
  for (const Case& each : cases) {
    CAPTURE(each.began);
    Rig rig;
    rig.put({}, 60 * 24h); // 1: the parent
    TestHead fork;
    fork.number = 2;
    fork.parent_thread = test_thread_id(1);
    rig.put(fork, 60 * 24h);
    TestHead other;
    other.number = 3;
    other.cli_version = each.began;
    const WallTime now = rig.clock.wall();
    rig.store.put(
        rig.store.plain(3), test_rollout(other) + test_turn(each.last, now - 2h), now);
    CHECK(rig.reason(1) == (each.plain ? Reason::shared_history : Reason::cold));
    CHECK(rig.reason(3, SharedHistory::compress) == Reason::too_young);
  }
}

TEST_CASE("a version counts at the time of its record where the mtime is older") {
  Rig rig;
  rig.put({}, 30 * 24h);
  TestHead old;
  old.number = 2;
  old.cli_version = "0.136.0";
  old.written = "2025-12-20T00:00:00.000Z"; // 13 days before
  rig.put(old, 300 * 24h);
  CHECK(rig.reason(1) == Reason::reader_too_old);
}

TEST_CASE("a fork and the parent it names stay plain while Codex 0.153 is about") {
  Rig rig;
  rig.put({}, 60 * 24h); // 1: the parent
  TestHead fork;
  fork.number = 2;
  fork.parent_thread = test_thread_id(1);
  rig.put(fork, 60 * 24h);
  TestHead other;
  other.number = 3;
  rig.put(other, 60 * 24h);
  CHECK(rig.reason(1) == Reason::cold);
  CHECK(rig.reason(2) == Reason::cold);

  TestHead recent;
  recent.number = 4;
  recent.cli_version = "0.153.0";
  recent.written = format_time(rig.clock.wall() - 10 * 24h);
  rig.put(recent, 10 * 24h);
  CHECK(rig.reason(1) == Reason::shared_history);
  CHECK(rig.reason(2) == Reason::shared_history);
  CHECK(rig.reason(3) == Reason::cold);
  CHECK(rig.reason(1, SharedHistory::compress) == Reason::cold);
  CHECK(rig.reason(2, SharedHistory::compress) == Reason::cold);
}

TEST_CASE("a parent stays plain when only a compressed fork names it") {
  Rig rig;
  rig.put({}, 60 * 24h);
  TestHead fork;
  fork.number = 2;
  fork.parent_thread = test_thread_id(1);
  rig.store.put(rig.store.compressed(2),
                test_frame(test_rollout(fork)),
                rig.clock.wall() - 60 * 24h);
  CHECK(rig.reason(1) == Reason::cold);
  CHECK(rig.reason(1, SharedHistory::skip) == Reason::shared_history);
}

TEST_CASE("a weak frame that claims more than its bytes can hold has no declared size") {
  Rig rig;
  std::string frame = test_weak_frame(test_rollout(1));
  // A window of 8 MiB, a size of eight bytes: 2^60.
  const std::string header("\x28\xb5\x2f\xfd\xc0\x68\0\0\0\0\0\0\0\x10", 14);
  rig.store.put(rig.store.compressed(1), header + frame.substr(header.size()));
  ScanRules rules;
  rules.weak_frames = true;
  const Inventory found = scan(rig.disk, rig.store.home(), rules);
  REQUIRE(found.weak.size() == 1);
  CHECK(found.weak[0].declared == std::nullopt);
  rig.store.put(rig.store.compressed(2), frame);
  const auto sound = scan(rig.disk, rig.store.home(), rules).weak;
  CHECK(std::any_of(sound.begin(), sound.end(), [](const Candidate& each) {
    return each.declared == test_rollout(1).size();
  }));
}

TEST_CASE("scan finds the weak frames that stand alone, and only if asked") {
  Rig rig;
  const std::string text = test_rollout();
  rig.store.put(rig.store.compressed(1), test_weak_frame(text));
  rig.store.put(rig.store.compressed(2), test_frame(test_rollout(2))); // as ours
  rig.store.put(rig.store.compressed(3), test_weak_frame(test_rollout(3)));
  rig.store.put(rig.store.plain(3, Root::active), test_rollout(3));
  rig.store.put(rig.store.compressed(4), test_weak_frame(test_rollout(4)));
  rig.store.put(rig.store.retired(4), test_rollout(4));
  rig.store.put(rig.store.compressed(5), "no frame");
  rig.clock.advance(1h);
  ScanRules rules{rig.clock.wall(), SharedHistory::automatic};
  CHECK(scan(rig.disk, rig.store.home(), rules).weak.empty());

  rules.weak_frames = true;
  const Inventory found = scan(rig.disk, rig.store.home(), rules);
  REQUIRE(found.weak.size() == 1);
  const Candidate& weak = found.weak[0];
  CHECK(weak.path == rig.store.compressed(1));
  CHECK(weak.rollout == "archived_sessions/" + test_rollout_name(1));
  CHECK(weak.form == Form::compressed);
  CHECK(weak.thread_id == test_thread_id(1));
  CHECK(weak.declared == text.size());
  CHECK(weak.stamp == FileStamp::of(rig.disk.lstat(weak.path).value()));
}

TEST_CASE("where a directory could not be listed, no frame is known to stand alone") {
  Rig rig;
  rig.store.put(rig.store.compressed(1), test_weak_frame(test_rollout()));
  rig.clock.advance(1h);
  rig.disk.set_mode_of(rig.store.dir(Root::active), 0);
  const ScanRules rules{rig.clock.wall(), SharedHistory::automatic, true};
  const Inventory found = scan(rig.disk, rig.store.home(), rules);
  CHECK_FALSE(found.errors.empty());
  CHECK(found.weak.empty());
}

TEST_CASE("a copy that somebody keeps elsewhere in a tree is no form of the rollout") {
  Rig rig;
  const std::string backup = join_path(rig.store.home(), "sessions/backup");
  must(make_dirs(rig.disk, backup, 0700));
  rig.store.put(rig.store.plain(1, Root::active), test_rollout());
  rig.store.put(join_path(backup, base_name(rig.store.compressed())),
                test_frame(test_rollout()));
  CHECK(rig.scan().leftovers.empty());
  // Two forms side by side are, wherever they stand.
  rig.store.put(join_path(backup, test_rollout_name(1)), test_rollout());
  const auto leftovers = rig.scan().leftovers;
  REQUIRE(leftovers.size() == 1);
  CHECK(leftovers.front().files.size() == 2);
  for (const FoundFile& file : leftovers.front().files) {
    CHECK(parent_dir(file.path) == backup);
  }
}

TEST_CASE("of weak frames scan finds those that were ours without being asked") {
  Rig rig;
  const std::string weak = test_weak_frame(test_rollout(1));
  rig.store.put(rig.store.compressed(1), weak);
  rig.store.put(rig.store.compressed(2), test_weak_frame(test_rollout(2)));
  rig.store.put(rig.store.compressed(3), test_frame(test_rollout(3)));
  rig.clock.advance(1h);
  const auto rollout = [](int number) {
    return "archived_sessions/" + test_rollout_name(number);
  };
  OwnFrames own{{rollout(1), weak.size() - 1}, {rollout(3), 7}};
  ScanRules rules{rig.clock.wall(), SharedHistory::automatic};
  rules.own = &own;
  auto found = scan(rig.disk, rig.store.home(), rules).weak;
  REQUIRE(found.size() == 1); // 2 was never ours, and 3 has its checksum
  CHECK(found[0].rollout == rollout(1));
  CHECK(found[0].ours);
  own[rollout(1)] = weak.size(); // as long as we made it: not looked into
  CHECK(scan(rig.disk, rig.store.home(), rules).weak.empty());
  rules.weak_frames = true;
  found = scan(rig.disk, rig.store.home(), rules).weak;
  CHECK(found.size() == 2);
  CHECK_FALSE(found[0].ours);
}
