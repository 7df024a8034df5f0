#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "tests/support/store_rig.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/run/pass.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

// A whole run on a disk in memory; only the ledger is on the real one.
struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  StoreRig store{disk, clock};
  FaultFs fs{disk};
  TempDir ledger;
  Settings settings;
  std::vector<std::string> said; // by the throttle
  std::function<void()> on_said = [] {};

  Rig() {
    settings.compression_enabled = true;
    settings.scan.settle = 0ms;
    settings.publish.reap_grace = 0ms;
    settings.limits.jobs = 1;
    settings.limits.min_free_bytes = 0;
    settings.codec.level = 1;
    store.put(store.plain(1), test_rollout(1, 30000)); // several pieces
    store.put(store.plain(2), test_rollout(2));
    clock.advance(1h);
  }

  void put_io_pressure(int percent) {
    disk.put("/proc/pressure/io",
             "some avg10=" + std::to_string(percent) + ".00 avg60=0.00\n");
  }

  // Runs at the first read of that rollout by a job.
  void on_job_read(const std::string& plain, std::function<void()> act) {
    fs.set_hook([this, plain, act = std::move(act)](std::string_view op,
                                                    const std::string& path) {
      encoding_ = encoding_ || (op == "create_unnamed" && path == store.dir());
      if (encoding_ && op == "read_at" && path == plain && !acted_.exchange(true)) {
        act();
      }
    });
  }

  PassSummary run() {
    const Store opened{store.home(), store.state_dir(), ledger.path(), 1000, true};
    Session session(fs, clock, settings, opened);
    PassEvents events;
    events.throttled = [this](const std::string& line) {
      said.push_back(line);
      on_said();
    };
    return run_pass(session, events);
  }

  // To encode something.
  bool has_begun() const {
    const auto log = fs.log();
    return std::any_of(log.begin(), log.end(), [this](const FaultFs::Call& call) {
      return call.op == "create_unnamed" && call.path == store.dir();
    });
  }
  bool is_compressed(int number) {
    return disk.exists(store.compressed(number)) && !disk.exists(store.plain(number));
  }

private:
  std::atomic<bool> encoding_{false};
  std::atomic<bool> acted_{false};
};

} // namespace

TEST_CASE("a run without a time budget compresses all, the larger first") {
  Rig rig;
  const PassSummary summary = rig.run();
  CHECK(summary.exit_code() == 0);
  CHECK(summary.number(OutcomeKind::compressed) == 2);
  CHECK(rig.is_compressed(1));
  CHECK(rig.is_compressed(2));
}

TEST_CASE("what is under way when the time budget is used up is finished") {
  Rig rig;
  rig.settings.limits.time_budget = 10min;
  rig.on_job_read(rig.store.plain(1), [&] { rig.clock.advance(10min); });
  const PassSummary summary = rig.run();
  CHECK(summary.exit_code() == 0);
  CHECK(summary.ran_through());
  CHECK(summary.skipped.at(Reason::no_time) == 1);
  CHECK(rig.is_compressed(1));
  CHECK_FALSE(rig.disk.exists(rig.store.compressed(2)));
}

TEST_CASE("a run on a full disk tries one rollout, and says so of the others together") {
  Rig rig;
  rig.settings.limits.min_free_bytes = std::uint64_t{1} << 40U;
  rig.disk.set_capacity(std::uint64_t{1} << 30U);
  const PassSummary summary = rig.run();
  CHECK(summary.exit_code() == 3);
  CHECK(summary.number(OutcomeKind::failed) == 1);
  CHECK(summary.skipped.at(Reason::no_space) == 1);
  CHECK(rig.disk.exists(rig.store.plain(1)));
  CHECK(rig.disk.exists(rig.store.plain(2)));
}

TEST_CASE("a rollout that no window makes fit into the memory is skipped, not begun") {
  Rig rig;
  rig.settings.limits.memory_bytes = 1U << 20U;
  PassSummary summary = rig.run();
  CHECK(summary.exit_code() == 0);
  CHECK(summary.skipped.at(Reason::no_memory) == 2);
  CHECK_FALSE(rig.has_begun());
  rig.settings.limits.memory_bytes = 64U << 20U;
  summary = rig.run();
  CHECK(summary.number(OutcomeKind::compressed) == 2);
}

TEST_CASE("a run begins nothing while it waits for the machine") {
  Rig rig;
  rig.put_io_pressure(90);
  bool too_early = false;
  rig.on_said = [&] { // that it waits, and that it goes on
    too_early = too_early || rig.has_begun();
    rig.put_io_pressure(0);
  };
  const PassSummary summary = rig.run();
  CHECK_FALSE(too_early);
  CHECK(rig.said.size() == 2);
  CHECK(summary.number(OutcomeKind::compressed) == 2);
}

TEST_CASE("a run that waits for the machine ends when its time budget is used up") {
  Rig rig;
  rig.settings.limits.time_budget = 10min;
  rig.put_io_pressure(90);
  rig.on_said = [&] { rig.clock.advance(10min); };
  const PassSummary summary = rig.run();
  CHECK(summary.exit_code() == 0);
  CHECK(summary.number(OutcomeKind::compressed) == 0);
  CHECK(summary.skipped.at(Reason::no_time) == 2);
}

TEST_CASE("a job that waits when the time budget is used up leaves its rollout alone") {
  Rig rig;
  rig.settings.limits.time_budget = 10min;
  std::atomic<bool> waiting{false};
  rig.on_said = [&] {
    waiting = true;
    waiting.notify_all();
  };
  rig.on_job_read(rig.store.plain(1), [&] {
    rig.put_io_pressure(90);
    waiting.wait(false); // until the run has seen it
  });
  const PassSummary summary = rig.run();
  CHECK(summary.exit_code() == 0);
  CHECK(summary.number(OutcomeKind::compressed) == 0);
  CHECK(summary.skipped.at(Reason::no_time) == 2);
  CHECK(rig.disk.names(rig.store.dir()) ==
        std::vector{test_rollout_name(1), test_rollout_name(2)});
  CHECK(rig.store.litter().empty());
}
