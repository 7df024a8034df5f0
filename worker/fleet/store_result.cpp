#include "worker/fleet/store_result.hpp"

#include "fsutil/capped.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

namespace coldpress {

namespace {

constexpr int k_failed = 1;
constexpr int k_usage = 2;
constexpr int k_some_failed = 3;
constexpr int k_needs_attention = 4;
constexpr int k_busy = 75;
constexpr int k_by_signal = 128;

constexpr std::array<std::pair<StoreState, std::string_view>, 9> k_names{
    {{StoreState::running, "running"},
     {StoreState::done, "done"},
     {StoreState::busy, "busy"},
     {StoreState::some_failed, "some_failed"},
     {StoreState::needs_attention, "needs_attention"},
     {StoreState::failed, "failed"},
     {StoreState::usage, "usage"},
     {StoreState::stopped, "stopped"},
     {StoreState::killed, "killed"}}};

bool is_stop(int exit_code) {
  return exit_code == k_by_signal + SIGHUP || exit_code == k_by_signal + SIGINT ||
         exit_code == k_by_signal + SIGTERM;
}

// The higher the worse.
int rank_of(int exit_code) {
  switch (exit_code) {
  case 0:
    return 0;
  case k_busy:
    return 1;
  case k_some_failed:
    return 2;
  case k_usage:
    return 3;
  case k_needs_attention:
    return 5;
  default:
    return is_stop(exit_code) ? 6 : 4;
  }
}

} // namespace

std::string_view name_of(StoreState state) {
  return std::find_if(k_names.begin(),
                      k_names.end(),
                      [state](const auto& one) { return one.first == state; })
      ->second;
}

std::optional<StoreState> state_named(std::string_view name) {
  const auto found = std::find_if(k_names.begin(),
                                  k_names.end(),
                                  [name](const auto& one) { return one.second == name; });
  return found == k_names.end() ? std::nullopt : std::optional(found->first);
}

StoreState state_of_exit(int exit_code) {
  switch (exit_code) {
  case 0:
    return StoreState::done;
  case k_busy:
    return StoreState::busy;
  case k_some_failed:
    return StoreState::some_failed;
  case k_usage:
    return StoreState::usage;
  case k_needs_attention:
    return StoreState::needs_attention;
  default:
    return is_stop(exit_code)         ? StoreState::stopped
           : exit_code >= k_by_signal ? StoreState::killed
                                      : StoreState::failed;
  }
}

void StoreResult::needs(std::string sentence) {
  if (attention.size() < k_most_attention) {
    attention.push_back(std::move(sentence));
  } else {
    attention_left += 1;
  }
}

int worst_exit(int a, int b) {
  const int worst = rank_of(a) >= rank_of(b) ? a : b;
  // A killed process of ours is a failure, not a signal to us.
  return rank_of(worst) == rank_of(k_failed) ? k_failed : worst;
}

void keep_newest(StoreResults& results, StoreResult result) {
  const auto found = results.find(result.store);
  if (found == results.end()) {
    std::string store = result.store;
    results.emplace(std::move(store), std::move(result));
    return;
  }
  const auto age = [](const StoreResult& one) {
    return std::pair(one.time, one.state != StoreState::running);
  };
  if (age(result) >= age(found->second)) {
    found->second = std::move(result);
  }
}

int exit_of(const StoreResults& results) {
  int worst = 0;
  for (const auto& [store, result] : results) {
    worst = worst_exit(worst,
                       result.state == StoreState::running ? k_some_failed : result.exit);
  }
  return worst;
}

std::optional<std::uint64_t> sum_of(const StoreResults& results,
                                    std::optional<std::uint64_t> StoreResult::*field) {
  std::optional<std::uint64_t> sum;
  for (const auto& [store, result] : results) {
    if (const auto& value = result.*field) {
      sum = capped_sum(sum.value_or(0), *value);
    }
  }
  return sum;
}

std::uint64_t number_of(const StoreResults& results, StoreState state) {
  return static_cast<std::uint64_t>(
      std::count_if(results.begin(), results.end(), [state](const auto& one) {
        return one.second.state == state;
      }));
}

} // namespace coldpress
