#include "tests/crash/scenarios.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

void die_in_every_recovery(const Kind& kind) {
  for (const Scenario& scenario : leftover_scenarios(kind)) {
    report(scenario, run_deaths(scenario));
  }
}

} // namespace

TEST_CASE("a recovery that dies before any call loses nothing, whatever it found") {
  die_in_every_recovery(full_kind());
}

TEST_CASE("a recovery that dies loses nothing where unnamed files sync") {
  die_in_every_recovery(syncing_kind());
}

TEST_CASE("a recovery that dies loses nothing where there are no unnamed files") {
  die_in_every_recovery(named_kind());
}

TEST_CASE("a recovery that dies loses nothing where there is no renameat2") {
  die_in_every_recovery(linking_kind());
}

TEST_CASE("a recovery that dies loses nothing where there are no leases either") {
  die_in_every_recovery(poor_kind());
}

TEST_CASE("a killed recovery and a power cut in the next one together lose nothing") {
  const std::vector<Death> unkind{{"drop_all", true, Unsynced::drop_all, 0},
                                  {"removals_only", true, Unsynced::removals_only, 0}};
  for (const Kind& kind : {full_kind(), linking_kind()}) {
    for (const Scenario& scenario : leftover_scenarios(kind)) {
      report(scenario, run_second_deaths(scenario, unkind));
    }
  }
}
