#pragma once

#include "worker/run/estimate.hpp"
#include "worker/run/prepare.hpp"

#include <string>

namespace coldpress {

struct PlanView {
  const Store& store;
  const Preview& seen;
  const Estimate& gain;        // of plan.decisions
  const Estimate& gain_beyond; // of plan.beyond_roots
  WallTime now{};
  bool all = false;   // every rollout, not just the largest to compress
  bool brief = false; // no rollout by name
};

// What a person reads of a plan. Ends with a newline.
std::string plan_text(const PlanView& view);

} // namespace coldpress
