#include "tests/support/mem_fs.hpp"
#include "tests/support/pass_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/run/prepare.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

// Notes which rollouts are opened.
class CountingFs final : public PassFs {
public:
  using PassFs::PassFs;
  Result<FileHandle> open_read(const std::string& path) override {
    opened += path.ends_with(".jsonl") ? 1U : 0U;
    return PassFs::open_read(path);
  }
  std::size_t opened = 0;
};

// A store in memory, its ledger on the disk.
struct Rig {
  TempDir state;
  FakeClock clock;
  MemFs disk{clock};
  CountingFs fs{disk};
  StoreRig rig{disk, clock};
  Store store{rig.home(), rig.state_dir(), state.path(), 1000, true};

  // What a run begins with. Returns how many rollouts it opened.
  std::size_t begin_run() {
    fs.opened = 0;
    Session session(fs, clock, Settings{}, store);
    must(session.lock("run"));
    auto prepared = prepare(session, Orphans::keep);
    REQUIRE(prepared.has_value());
    plan = std::move(prepared->preview.plan);
    session.release({}, RunMarker::Success::yes);
    CHECK(session.notes().empty());
    return fs.opened;
  }
  // What `plan` does.
  std::size_t look() {
    fs.opened = 0;
    const auto ledger = Ledger::open_read_only(state / "ledger.sqlite");
    REQUIRE(ledger.has_value());
    REQUIRE(ledger->has_value());
    const auto known = (*ledger)->known();
    REQUIRE(known.has_value());
    plan = preview(fs, clock, Settings{}, store, *known).plan;
    return fs.opened;
  }
  Plan plan;
};

} // namespace

TEST_CASE("a run opens what changed since the one before, and plans all of it") {
  Rig rig;
  for (int number = 1; number <= 20; ++number) {
    rig.rig.put(rig.rig.plain(number), test_rollout(number));
  }
  rig.clock.advance(2h);
  CHECK(rig.begin_run() == 20);
  CHECK(rig.plan.decisions.size() == 20);
  CHECK(rig.begin_run() == 0);
  REQUIRE(rig.plan.decisions.size() == 20);
  CHECK(rig.plan.decisions[0].action == Action::compress);
  for (const Decision& decision : rig.plan.decisions) {
    const Candidate& candidate = decision.candidate;
    CHECK(candidate.rollout.find(candidate.thread_id) != std::string::npos);
    CHECK_FALSE(candidate.thread_id.empty());
  }

  REQUIRE(rig.disk.append(rig.rig.plain(3), test_line("more")));
  must(rig.disk.unlink(rig.rig.plain(4)));
  rig.clock.advance(1h);
  CHECK(rig.begin_run() == 1);
  CHECK(rig.begin_run() == 0);
  CHECK(rig.plan.decisions.size() == 19);
}

TEST_CASE("a look uses what runs have learned, and adds nothing") {
  Rig rig;
  rig.rig.put(rig.rig.plain(1), test_rollout(1));
  rig.clock.advance(2h);
  CHECK(rig.begin_run() == 1);
  CHECK(rig.look() == 0);
  rig.rig.put(rig.rig.plain(2), test_rollout(2));
  rig.clock.advance(2h);
  CHECK(rig.look() == 1);
  CHECK(rig.look() == 1);
  CHECK(rig.plan.decisions.size() == 2);
  CHECK(rig.begin_run() == 1);
  CHECK(rig.look() == 0);
}
