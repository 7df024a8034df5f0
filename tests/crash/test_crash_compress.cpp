#include "tests/crash/scenarios.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("a compress that dies before any call loses nothing and is finished later") {
  for (const Kind& kind : all_kinds()) {
    const Scenario scenario = compress_scenario(kind);
    report(scenario, run_deaths(scenario));
  }
}

TEST_CASE("a reap that dies before any call loses nothing and is finished later") {
  for (const Kind& kind : all_kinds()) {
    const Scenario scenario = reap_scenario(kind);
    report(scenario, run_deaths(scenario));
  }
}

TEST_CASE("a restore that dies before any call loses nothing and leaves one form") {
  for (const Kind& kind : all_kinds()) {
    const Scenario scenario = restore_scenario(kind);
    report(scenario, run_deaths(scenario));
  }
}

TEST_CASE(
    "a weak frame that is recompressed is whole before every call it could die of") {
  for (const Kind& kind : all_kinds()) {
    const Scenario scenario = recompress_scenario(kind);
    report(scenario, run_deaths(scenario));
  }
}

TEST_CASE("a killed compress and a power cut in the recovery after it lose nothing") {
  const std::vector<Death> unkind{{"drop_all", true, Unsynced::drop_all, 0},
                                  {"removals_only", true, Unsynced::removals_only, 0}};
  for (const Kind& kind : all_kinds()) {
    for (const Scenario& scenario :
         {compress_scenario(kind), restore_scenario(kind), recompress_scenario(kind)}) {
      report(scenario, run_second_deaths(scenario, unkind));
    }
  }
}
