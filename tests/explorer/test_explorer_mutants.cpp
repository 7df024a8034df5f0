#include "tests/explorer/cases.hpp"
#include "tests/explorer/mutants.hpp"
#include "tests/explorer/search.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("each planted fault turns its case red") {
  for (const Mutant& mutant : all_mutants()) {
    CAPTURE(mutant.name);
    Case spec = find_case(mutant.red);
    REQUIRE(!spec.flaw);
    if (mutant.change) {
      mutant.change(spec);
    }
    const Explored got = spec.interruptions < 0 ? explore(spec, {-1, 0}, mutant.layer)
                                                : seek_fault(spec, 2, mutant.layer);
    CHECK(got.fault != "");
    MESSAGE(mutant.name << " -> " << mutant.red << ": " << got.fault);
  }
}
