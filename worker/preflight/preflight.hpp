#pragma once

#include "fsutil/fs.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace coldpress::preflight {

// What a run needs before it can begin. A run acts on it, and doctor tells of it: both
// come from these calls. Nothing here makes or changes a file, but for an unnamed one
// that is gone at once.

struct Places {
  std::string home;      // the store
  std::string own_dir;   // of the store lock
  std::string state_dir; // of the ledger
  std::uint32_t uid = 0; // who runs coldpress
};

enum class Stops : std::uint8_t {
  every_run,  // none gets as far as the first rollout
  one_thread, // each run fails on the rollouts of that thread
  memory,     // runs work, and remember nothing: no ledger
};

struct Obstacle {
  Stops stops = Stops::every_run;
  std::string what; // "the maintenance lock"
  Error error;      // of the call that a run would make
  std::string hint; // what to do
};

// All of them, in the order in which a run would meet them.
std::vector<Obstacle> look(Fs& fs, const Places& places);

// The first that stops every run, with what to do in its context.
Result<void> check_start(Fs& fs, const Places& places);

// Whether names can be made in that directory: by the call that a rollout's encoding
// begins with. Where there are no unnamed files, by owner, mode and mount.
Result<void> check_writable(Fs& fs, const std::string& dir, std::uint32_t uid);

} // namespace coldpress::preflight
