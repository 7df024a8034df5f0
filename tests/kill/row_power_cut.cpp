// The power fails before every call, on the disk double; and the checker must see that
// Codex's own order of calls loses rollouts by it.

#include "tests/crash/scenarios.hpp"
#include "tests/kill/row.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace coldpress;

namespace {

struct Sum {
  Row row{"power-cut"};
  std::uint64_t calls = 0;
  std::uint64_t disks = 0;

  void add(const Scenario& scenario, const Tally& tally) {
    row.tried(tally.deaths);
    calls += static_cast<std::uint64_t>(tally.calls);
    disks += tally.states.size();
    for (const std::string& loss : tally.losses) {
      row.violation("loss, " + scenario.name + ", " + loss);
    }
    for (const std::string& mess : tally.messes) {
      row.violation("mess, " + scenario.name + ", " + mess);
    }
  }
};

std::vector<Scenario> all_scenarios(const Kind& kind) {
  std::vector<Scenario> all = leftover_scenarios(kind);
  for (const auto& make : {compress_scenario, reap_scenario, restore_scenario}) {
    all.push_back(make(kind));
  }
  return all;
}

// Encode, sync, rename into place, unlink the plain file; the directory is never synced.
void compress_like_codex(Fs& fs, const StoreRig& rig) {
  const std::string temp = join_path(rig.dir(), "rollout-compress-aB3xYz.tmp");
  const auto handle = fs.create_new(temp, 0600);
  if (!handle) {
    return;
  }
  const File file(fs, *handle);
  const std::string frame = test_frame(test_rollout());
  if (fs.write_at(file.handle(), std::as_bytes(std::span(frame)), 0) &&
      fs.sync_file(file.handle()) && fs.rename_new(temp, rig.compressed())) {
    (void)fs.unlink(rig.plain());
  }
}

std::size_t losses_of_codex() {
  Scenario scenario = compress_scenario(all_kinds().front());
  scenario.name = "Codex's own order";
  scenario.act = [](TestWorker& worker, const StoreRig& rig) {
    compress_like_codex(worker.fs, rig);
  };
  return run_deaths(scenario).losses.size();
}

} // namespace

TEST_CASE("scoreboard: a power cut before any call loses nothing") {
  Sum sum;
  for (const Kind& kind : all_kinds()) {
    for (const Scenario& scenario : all_scenarios(kind)) {
      sum.add(scenario, run_deaths(scenario));
      if (full_size()) {
        sum.add(scenario, run_second_deaths(scenario, all_deaths()));
      }
    }
  }
  const std::size_t flagged = losses_of_codex();
  if (flagged == 0) {
    sum.row.violation("the missing directory sync of Codex's own order is not seen");
  }
  sum.row.figure("calls", sum.calls);
  sum.row.figure("disks", sum.disks);
  sum.row.figure("codex_order_losses", flagged);
  CHECK(sum.row.finish() == 0);
}
