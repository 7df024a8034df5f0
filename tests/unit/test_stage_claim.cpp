#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/pass_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/stage/claim.hpp"

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
  std::string plain = store.plain();

  Rig() {
    store.put(plain, test_rollout());
    clock.advance(1h);
    worker = std::move(TestWorker::start(fs, clock, store, test_process()).value());
  }
  Step<Claim> claim(const Candidate& candidate) { return worker->claim(candidate); }
  Step<Claim> claim() { return claim(store.candidate(plain)); }
  File hold(const std::string& path) {
    File file(disk, disk.open_lock(join_path(store.home(), path), Create::yes).value());
    must(disk.try_lock(file.handle()));
    return file;
  }
};

} // namespace

TEST_CASE("claim opens a cold file, holds no lock and changes nothing") {
  Rig rig;
  const auto before = rig.disk.snapshot();
  const FileStat stat = rig.disk.lstat(rig.plain).value();
  const auto claim = rig.claim();
  REQUIRE(claim);
  CHECK(claim->stamp() == FileStamp::of(stat));
  CHECK(claim->lease() == LeaseSupport::works);
  CHECK(rig.disk.snapshot() == before);
  CHECK(FileStamp::of(rig.disk.lstat(rig.plain).value()) == FileStamp::of(stat));
  CHECK_NOTHROW(rig.hold(".tmp/rollout-maintenance.lock"));
  CHECK_NOTHROW(rig.hold("thread-writer-locks/.coordination.lock"));
  // The lease was given back: a writer does not wait.
  CHECK(rig.disk.append(rig.plain, "x").value() == MemFs::Opened::yes);
}

TEST_CASE("claim makes no lock file for the thread") {
  Rig rig;
  REQUIRE(rig.claim());
  CHECK_FALSE(rig.disk.exists(
      join_path(rig.store.home(), "thread-writer-locks/" + test_thread_id(1) + ".lock")));
}

TEST_CASE("claim looks at the file again and gives the reason") {
  struct Row {
    Reason reason;
    std::function<void(Rig&, Candidate&)> make;
  };
  const std::vector<Row> rows{
      {Reason::changed, [](Rig& r, Candidate&) { (void)r.disk.append(r.plain, "x"); }},
      {Reason::changed,
       [](Rig& r, Candidate&) {
         r.clock.advance(1s);
         r.disk.set_mode_of(r.plain, 0640);
       }},
      {Reason::vanished, [](Rig& r, Candidate&) { must(r.disk.unlink(r.plain)); }},
      {Reason::hard_linked,
       [](Rig& r, Candidate&) { must(r.disk.link(r.plain, r.plain + ".copy")); }},
      {Reason::symlink,
       [](Rig& r, Candidate&) {
         must(r.disk.unlink(r.plain));
         r.disk.put_symlink(r.plain, "/etc/passwd");
       }},
      {Reason::not_regular,
       [](Rig& r, Candidate&) {
         must(r.disk.unlink(r.plain));
         r.disk.put_special(r.plain);
       }},
      {Reason::unreadable, [](Rig& r, Candidate&) { r.disk.set_mode_of(r.plain, 0); }},
      {Reason::not_owner,
       [](Rig& r, Candidate& c) {
         r.disk.set_mode_of(r.plain, 0644);
         r.disk.set_owner_of(r.plain, 0, 0);
         c = r.store.candidate(r.plain);
       }},
      {Reason::too_young,
       [](Rig& r, Candidate& c) {
         const FileStat stat = r.disk.lstat(r.plain).value();
         r.disk.set_times(r.plain, r.clock.wall() - 6 * 24h, stat.ctime);
         c = r.store.candidate(r.plain);
       }},
      {Reason::future_mtime,
       [](Rig& r, Candidate& c) {
         const FileStat stat = r.disk.lstat(r.plain).value();
         r.disk.set_times(r.plain, r.clock.wall() + 1s, stat.ctime);
         c = r.store.candidate(r.plain);
       }},
      {Reason::time_out_of_range,
       [](Rig& r, Candidate& c) {
         const FileStat stat = r.disk.lstat(r.plain).value();
         r.disk.set_times(r.plain, k_too_early, stat.ctime);
         c = r.store.candidate(r.plain);
       }},
      {Reason::future_mtime, // and not cold, as 2400 is in 64 bits of nanoseconds
       [](Rig& r, Candidate& c) {
         const FileStat stat = r.disk.lstat(r.plain).value();
         r.disk.set_times(r.plain, k_too_late, stat.ctime);
         c = r.store.candidate(r.plain);
       }},
      {Reason::unsettled, [](Rig& r, Candidate&) { r.worker->settle = 2h; }},
  };
  for (const Row& row : rows) {
    CAPTURE(name_of(row.reason));
    Rig rig;
    Candidate candidate = rig.store.candidate(rig.plain);
    row.make(rig, candidate);
    const auto claim = rig.claim(candidate);
    REQUIRE_FALSE(claim);
    CHECK(claim.error().kind == OutcomeKind::skipped);
    CHECK(name_of(claim.error().reason) == name_of(row.reason));
    CHECK(rig.disk.open_handles() == 1); // the store lock's
  }
}

TEST_CASE("claim leaves a rollout alone of which the other tree has any form") {
  for (const auto form : {&StoreRig::plain, &StoreRig::compressed, &StoreRig::retired}) {
    Rig rig;
    const Candidate candidate = rig.store.candidate(rig.plain);
    const std::string twin = (rig.store.*form)(1, Root::active);
    rig.disk.put(twin, "anything");
    const auto claim = rig.claim(candidate);
    REQUIRE_FALSE(claim);
    CHECK(claim.error().reason == Reason::in_both_trees);
    CHECK(claim.error().detail == twin);
  }
}

TEST_CASE("claim does not take a form for absent that it could not look for") {
  int looks = 0; // outlives the rig, whose hook counts to its end
  Rig rig;
  const Candidate candidate = rig.store.candidate(rig.plain);
  // The retired name, then three names in the other tree.
  for (int passing = 0; passing < 4; ++passing) {
    looks = 0;
    rig.fs.reset();
    if (passing == 0) {
      rig.fs.fail_op("lstat", Errc::io, EIO);
    }
    rig.fs.set_hook([&, passing](std::string_view op, const std::string&) {
      looks += op == "lstat" ? 1 : 0;
      if (op == "lstat" && looks == passing) {
        rig.fs.fail_op("lstat", Errc::io, EIO);
      }
    });
    const auto claim = rig.claim(candidate);
    REQUIRE_FALSE(claim);
    CHECK(claim.error().kind == OutcomeKind::failed);
    CHECK(claim.error().error->op == "lstat");
  }
}

TEST_CASE("claim leaves a file alone that somebody has open for writing") {
  Rig rig;
  const auto writer = rig.disk.open_for_append_resolve(rig.plain).value();
  rig.disk.finish_open(writer);
  const auto claim = rig.claim();
  REQUIRE_FALSE(claim);
  CHECK(claim.error().reason == Reason::open_for_writing);
}

TEST_CASE("claim leaves a loaded thread alone") {
  Rig rig;
  const File held = rig.hold("thread-writer-locks/" + test_thread_id(1) + ".lock");
  const auto claim = rig.claim();
  REQUIRE_FALSE(claim);
  CHECK(claim.error().reason == Reason::live_writer);
}

TEST_CASE("claim goes by the id in the first record, not in the name") {
  Rig rig;
  rig.store.put(rig.store.plain(2), test_rollout(7));
  rig.clock.advance(1h);
  const File held = rig.hold("thread-writer-locks/" + test_thread_id(7) + ".lock");
  const auto claim = rig.claim(rig.store.candidate(rig.store.plain(2)));
  REQUIRE_FALSE(claim);
  CHECK(claim.error().reason == Reason::live_writer);
}

TEST_CASE("claim takes no file whose first record is not what the plan went by") {
  const std::vector<std::function<void(Candidate&)>> wrong{
      [](Candidate& c) { c.thread_id = test_thread_id(9); },
      [](Candidate& c) { c.cwd = "/home/me/not-excluded"; },
      [](Candidate& c) {
        c.cli_version = Version{0, 137, 0};
      },
      [](Candidate& c) { c.cli_version.reset(); },
      [](Candidate& c) { c.shares_history = false; }};
  for (const auto& change : wrong) {
    Rig rig;
    TestHead fork;
    fork.number = 2;
    fork.parent_thread = test_thread_id(1);
    rig.store.put(rig.store.plain(2), test_rollout(fork));
    rig.clock.advance(1h);
    Candidate candidate = rig.store.candidate(rig.store.plain(2));
    REQUIRE(rig.claim(candidate));
    change(candidate);
    const auto claim = rig.claim(candidate);
    REQUIRE_FALSE(claim);
    CHECK(claim.error().reason == Reason::changed);
  }
}

// As a remembered first record would be, if it were wrong: the lock of the thread that
// it names is free, the lock of the thread it is of is held.
TEST_CASE("claim never asks for the lock of a thread the file is not of") {
  Rig rig;
  Candidate candidate = rig.store.candidate(rig.plain);
  candidate.thread_id = test_thread_id(9);
  const File held = rig.hold("thread-writer-locks/" + test_thread_id(1) + ".lock");
  const auto claim = rig.claim(candidate);
  REQUIRE_FALSE(claim);
  CHECK(claim.error().reason == Reason::changed);
}

TEST_CASE("claim takes a parent whose fork alone says that its history is shared") {
  Rig rig;
  Candidate candidate = rig.store.candidate(rig.plain);
  candidate.shares_history = true;
  CHECK(rig.claim(candidate));
}

TEST_CASE("claim waits for no maintenance") {
  Rig rig;
  const File held = rig.hold(".tmp/rollout-maintenance.lock");
  const auto claim = rig.claim();
  REQUIRE_FALSE(claim);
  CHECK(claim.error().reason == Reason::maintenance);
}

TEST_CASE("claim without leases takes the archive and spares the active tree") {
  MemFeatures features;
  features.leases = false;
  Rig rig;
  rig.disk.set_features(features);
  const std::string active = rig.store.plain(2, Root::active);
  rig.store.put(active, test_rollout(2));
  rig.clock.advance(1h);
  const auto archived = rig.claim();
  REQUIRE(archived);
  CHECK(archived->lease() == LeaseSupport::none);
  const auto spared = rig.claim(rig.store.candidate(active));
  REQUIRE_FALSE(spared);
  CHECK(spared.error().reason == Reason::no_lease);
  rig.worker->active_without_lease = true;
  CHECK(rig.claim(rig.store.candidate(active)));
}

TEST_CASE("a failing disk is a failure of claim with the call's name") {
  Rig rig;
  const Candidate candidate = rig.store.candidate(rig.plain);
  rig.fs.fail_op("stat", Errc::io, EIO);
  const auto claim = rig.claim(candidate);
  REQUIRE_FALSE(claim);
  CHECK(claim.error().kind == OutcomeKind::failed);
  REQUIRE(claim.error().error);
  CHECK(claim.error().error->op == "stat");
}

TEST_CASE("claim leaves a file that has become nearly all a hole since the plan") {
  // Its length and all its times are as the plan has them.
  class Sparse final : public PassFs {
  public:
    using PassFs::PassFs;
    Result<FileStat> stat(FileHandle file) override {
      auto found = PassFs::stat(file);
      if (found && found->size > (std::uint64_t{16} << 20U)) {
        found->allocated = 8192;
      }
      return found;
    }
  };
  Rig rig;
  rig.disk.put(
      rig.plain, test_rollout() + std::string(20'000'000, ' '), rig.store.cold_time());
  rig.clock.advance(1h);
  const Candidate candidate = rig.store.candidate(rig.plain);
  REQUIRE(rig.claim(candidate));
  Sparse fs(rig.fs);
  Guards guards{fs, rig.clock, rig.worker->store, rig.worker->codex};
  ClaimRules rules{7 * 24h, 0s, candidate.stamp.uid, false, rig.store.home()};
  const auto claimed = coldpress::claim(guards, candidate, rules);
  REQUIRE_FALSE(claimed);
  CHECK(claimed.error().reason == Reason::sparse);
  CHECK(claimed.error().kind == OutcomeKind::skipped);
}
