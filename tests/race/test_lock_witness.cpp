#include "tests/race/lock_witness.hpp"

#include <doctest/doctest.h>

using namespace coldpress::race;

namespace {

constexpr pid_t k_first = 11;
constexpr pid_t k_second = 22;

void go_on() {}

} // namespace

TEST_CASE("the true holder is never late, wherever the one before was stopped") {
  for (int stopped_at = 1; stopped_at <= 2; ++stopped_at) {
    CAPTURE(stopped_at);
    LockWitness witness;
    int pauses = 0;
    LockWitness::Tenure second = 0;
    // As the storm does it: whoever is found in the holder's place loses the lock.
    const auto referee = [&] {
      if (++pauses == stopped_at && witness.holder() == k_first) {
        witness.forget(k_first);
        second = witness.enter(k_second, 200, go_on);
      }
    };
    const LockWitness::Tenure first = witness.enter(k_first, 100, referee);
    if (witness.holder() == k_first) { // could not be stopped before
      witness.forget(k_first);
      second = witness.enter(k_second, 200, go_on);
    }
    CHECK(pauses == 2);
    CHECK(second > first);
    CHECK(witness.holder() == k_second);
    witness.acted(second, 300);
    CHECK(witness.late_acts() == 0);
    CHECK(witness.double_holders() == 0);
    witness.acted(first, 300);
    CHECK(witness.late_acts() == 1);
  }
}

TEST_CASE("a check that began before the next holder came is in time") {
  LockWitness witness;
  const LockWitness::Tenure first = witness.enter(k_first, 100, go_on);
  witness.acted(first, 150);
  witness.forget(k_first);
  (void)witness.enter(k_second, 200, go_on);
  witness.acted(first, 199);
  CHECK(witness.late_acts() == 0);
  witness.acted(first, 201);
  CHECK(witness.late_acts() == 1);
  CHECK(witness.acts() == 3);
}

TEST_CASE("who comes while another holds the lock is a second holder") {
  LockWitness witness;
  (void)witness.enter(k_first, 100, go_on);
  (void)witness.enter(k_second, 200, go_on);
  CHECK(witness.double_holders() == 1);
  witness.leave(k_first); // is not in the place any more
  CHECK(witness.holder() == k_second);
  witness.leave(k_second);
  CHECK(witness.holder() == 0);
  CHECK(witness.acquired() == 2);
}
