#pragma once

#include "fsutil/clock.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// How a command on one store of several ended.
enum class StoreState : std::uint8_t {
  running, // it has begun; without a later word it was cut off
  done,
  busy,
  some_failed,
  needs_attention,
  failed,
  usage,
  stopped, // by a signal to us
  killed,  // by another one
};

std::string_view name_of(StoreState state);
std::optional<StoreState> state_named(std::string_view name);
// By the exit code of a command: 128 and more is a signal.
StoreState state_of_exit(int exit_code);

struct StoreResult {
  std::string store;   // without symlinks, printable
  std::string listed;  // as the list has it, absolute and printable
  std::string command; // "run"
  StoreState state = StoreState::running;
  int exit = 0;
  WallTime time{}; // of this word: when it began, or ended
  double seconds = 0;
  std::map<std::string, std::uint64_t> counts; // as the command's own summary has them
  std::optional<std::uint64_t> rollouts;
  std::optional<std::uint64_t> bytes;       // on disk
  std::optional<std::uint64_t> saved_bytes; // by all runs so far
  std::optional<std::uint64_t> would_free;
  std::optional<bool> enabled;
  std::vector<std::string> attention; // sentences: what failed, what needs a look
  std::uint64_t attention_left = 0;   // how many more there were

  static constexpr std::size_t k_most_attention = 20;
  void needs(std::string sentence);
};

// The exit code of all together, of those of each: 130 and 143 before 4, then 1 and all
// other failures, 2, 3, 75, 0. So 75 says that to try again is all that is left to do.
int worst_exit(int a, int b);

// By store, the newest word on each.
using StoreResults = std::map<std::string, StoreResult>;

// Of two words of one second that of an end counts, then the later one given.
void keep_newest(StoreResults& results, StoreResult result);

// The exit code of them all; a store that was cut off counts as 3.
int exit_of(const StoreResults& results);

// The sum of what the results have; nothing if none has it.
std::optional<std::uint64_t> sum_of(const StoreResults& results,
                                    std::optional<std::uint64_t> StoreResult::*field);
std::uint64_t number_of(const StoreResults& results, StoreState state);

} // namespace coldpress
