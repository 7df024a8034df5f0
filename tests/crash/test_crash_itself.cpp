#include "tests/crash/scenarios.hpp"
#include "tests/support/pass_fs.hpp"

#include <doctest/doctest.h>

#include <algorithm>

// That the crash tests can fail: a step is taken out, and they must see the loss.

using namespace coldpress;

namespace {

struct NoDirSync final : PassFs {
  using PassFs::PassFs;
  Result<void> sync_dir(const std::string&) override { return {}; }
};

struct NoFileSync final : PassFs {
  using PassFs::PassFs;
  Result<void> sync_file(FileHandle) override { return {}; }
};

struct LosingRename final : PassFs {
  using PassFs::PassFs;
  Result<void> rename_new(const std::string& from, const std::string&) override {
    return base_.unlink(from);
  }
};

template <class Lie> Layer lying() {
  return [](Fs& disk) { return std::make_unique<Lie>(disk); };
}

Scenario leftover(const std::string& name) {
  const auto all = leftover_scenarios(full_kind());
  const auto found = std::find_if(all.begin(), all.end(), [&](const Scenario& scenario) {
    return scenario.name.starts_with(name);
  });
  REQUIRE(found != all.end());
  return *found;
}

} // namespace

TEST_CASE("the crash test sees a directory that is never synced") {
  CHECK_FALSE(
      run_deaths(compress_scenario(full_kind()), lying<NoDirSync>()).losses.empty());
  CHECK_FALSE(
      run_deaths(restore_scenario(full_kind()), lying<NoDirSync>()).losses.empty());
}

TEST_CASE("the crash test sees a file that is never synced") {
  CHECK_FALSE(
      run_deaths(compress_scenario(full_kind()), lying<NoFileSync>()).losses.empty());
  CHECK_FALSE(
      run_deaths(restore_scenario(full_kind()), lying<NoFileSync>()).losses.empty());
  CHECK_FALSE(
      run_deaths(recompress_scenario(full_kind()), lying<NoFileSync>()).losses.empty());
}

TEST_CASE("the crash test sees a rename that loses the file") {
  const Scenario scenario = leftover("R alone, the thread is known");
  CHECK_FALSE(run_deaths(scenario, lying<LosingRename>()).losses.empty());
}

TEST_CASE("the crash test sees what a pass leaves behind") {
  Scenario scenario = compress_scenario(full_kind());
  scenario.wanted.clear(); // as if the rollout had to be gone
  CHECK_FALSE(run_deaths(scenario).messes.empty());
}
