#pragma once

#include "tests/explorer/run.hpp"

namespace coldpress {

struct SearchRules {
  int interruptions = -1;      // see RunRules
  std::uint64_t most_runs = 0; // 0: no bound
};

struct Explored {
  std::uint64_t runs = 0;   // schedules executed
  std::uint64_t states = 0; // different ones
  std::uint64_t cuts = 0;   // different disks after a power cut
  bool complete = false;    // nothing was left out within the bounds
  Fault fault;              // empty: all promises held
  std::string schedule;     // that leads to the fault, a line a step
};

// Walks all interleavings of a case, depth first, each from the start again; what follows
// a state that was seen is not walked twice. Stops at the first fault.
Explored explore(const Case& spec, const SearchRules& rules, const Layer& layer = {});

// explore() in growing bounds up to those of the case and `interruptions`, so that the
// schedule of a fault is about as short as can be.
Explored seek_fault(const Case& spec, int interruptions, const Layer& layer = {});

} // namespace coldpress
