#include "worker/fleet/store_result.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

using namespace coldpress;

namespace {

StoreResult result_of(const char* store, StoreState state, int at, int exit = 0) {
  StoreResult result;
  result.store = store;
  result.state = state;
  result.exit = exit;
  result.time = WallTime(std::chrono::seconds(at));
  return result;
}

StoreState kept(const StoreResult& first, const StoreResult& second) {
  StoreResults results;
  keep_newest(results, first);
  keep_newest(results, second);
  REQUIRE_EQ(results.size(), 1U);
  return results.begin()->second.state;
}

} // namespace

TEST_CASE("the worst exit code wins, whichever comes first") {
  // The first is the worst.
  constexpr std::array k_order{143, 4, 1, 2, 3, 75, 0};
  for (std::size_t a = 0; a < k_order.size(); ++a) {
    for (std::size_t b = 0; b < k_order.size(); ++b) {
      CAPTURE(k_order.at(a));
      CAPTURE(k_order.at(b));
      CHECK_EQ(worst_exit(k_order.at(a), k_order.at(b)), k_order.at(std::min(a, b)));
    }
  }
  CHECK_EQ(worst_exit(0, 137), 1); // a process that was killed
  CHECK_EQ(worst_exit(99, 0), 1);  // a number of which nothing is known
}

TEST_CASE("the state is that of the exit code") {
  CHECK(state_of_exit(0) == StoreState::done);
  CHECK(state_of_exit(1) == StoreState::failed);
  CHECK(state_of_exit(2) == StoreState::usage);
  CHECK(state_of_exit(3) == StoreState::some_failed);
  CHECK(state_of_exit(4) == StoreState::needs_attention);
  CHECK(state_of_exit(75) == StoreState::busy);
  CHECK(state_of_exit(130) == StoreState::stopped);
  CHECK(state_of_exit(143) == StoreState::stopped);
  CHECK(state_of_exit(137) == StoreState::killed);
  CHECK(state_of_exit(64) == StoreState::failed);
  for (const auto state : {StoreState::running, StoreState::done, StoreState::killed}) {
    CHECK(state_named(name_of(state)) == state);
  }
  CHECK_FALSE(state_named("fine"));
}

TEST_CASE("the newest word on a store counts, in whatever order they come") {
  const auto done = result_of("/a", StoreState::done, 5);
  const auto failed = result_of("/a", StoreState::failed, 9);
  CHECK(kept(done, failed) == StoreState::failed);
  CHECK(kept(failed, done) == StoreState::failed);
}

TEST_CASE("a store that was begun again and not ended is cut off") {
  const auto done = result_of("/a", StoreState::done, 5);
  CHECK(kept(done, result_of("/a", StoreState::running, 6)) == StoreState::running);
  CHECK(kept(result_of("/a", StoreState::running, 4), done) == StoreState::done);
  // In one second only the end is known to be the later one.
  CHECK(kept(result_of("/a", StoreState::running, 5), done) == StoreState::done);
  CHECK(kept(done, result_of("/a", StoreState::running, 5)) == StoreState::done);
}

TEST_CASE("a store that was cut off is no success") {
  StoreResults results;
  keep_newest(results, result_of("/a", StoreState::done, 5));
  CHECK_EQ(exit_of(results), 0);
  keep_newest(results, result_of("/b", StoreState::running, 5));
  CHECK_EQ(exit_of(results), 3);
  keep_newest(results, result_of("/c", StoreState::needs_attention, 5, 4));
  CHECK_EQ(exit_of(results), 4);
}

TEST_CASE("a sum is of what is known, and unknown if nothing is") {
  StoreResults results;
  keep_newest(results, result_of("/a", StoreState::done, 5));
  CHECK_FALSE(sum_of(results, &StoreResult::bytes));
  StoreResult large = result_of("/b", StoreState::done, 5);
  large.bytes = UINT64_MAX;
  keep_newest(results, large);
  large.store = "/c";
  keep_newest(results, large);
  CHECK(sum_of(results, &StoreResult::bytes) == UINT64_MAX);
}

TEST_CASE("of many sentences the first are kept and the others counted") {
  StoreResult result;
  for (int i = 0; i < 25; ++i) {
    result.needs("failed");
  }
  CHECK_EQ(result.attention.size(), 20U);
  CHECK_EQ(result.attention_left, 5U);
}
