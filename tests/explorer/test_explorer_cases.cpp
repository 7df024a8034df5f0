#include "tests/explorer/cases.hpp"
#include "tests/explorer/search.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace coldpress;

// Small bounds, for every build. The scoreboard row walks farther.

namespace {

void must_hold(Case spec) {
  CAPTURE(spec.name);
  spec.phases = std::min(spec.phases, 1);
  const Explored got = explore(spec, {1, 0});
  INFO(got.schedule);
  CHECK(got.fault == "");
  CHECK(got.complete);
}

bool holds(const Case& spec) {
  return !spec.flaw && spec.workers == 1;
}

} // namespace

TEST_CASE("one pass beside anybody keeps every promise, killed or not") {
  for (const Case& spec : all_cases()) {
    if (holds(spec) && !spec.power) {
      must_hold(spec);
    }
  }
}

TEST_CASE("one pass beside anybody keeps every promise when the power goes") {
  for (const Case& spec : all_cases()) {
    if (holds(spec) && spec.power) {
      must_hold(spec);
    }
  }
}

TEST_CASE("two hosts that both believe to have the store keep every promise") {
  Case spec = find_case("two hosts");
  spec.phases = 1;
  const Explored got = explore(spec, {1, 0});
  INFO(got.schedule);
  CHECK(got.fault == "");
}

TEST_CASE("a grace shorter than an interrupted open loses a record, as the design says") {
  CHECK(seek_fault(find_case("writer, grace too short"), 1).fault != "");
}

TEST_CASE("the same case is explored in the same way again") {
  Case spec = find_case("resume");
  spec.phases = 1;
  const Explored once = explore(spec, {1, 0});
  const Explored again = explore(spec, {1, 0});
  CHECK(once.states > 100);
  CHECK(once.states == again.states);
  CHECK(once.runs == again.runs);
}
