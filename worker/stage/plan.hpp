#pragma once

#include "worker/stage/types.hpp"

namespace coldpress {

struct PlanRules {
  Settings::Scan scan;
  Settings::Compat compat;
  std::uint32_t uid = 0; // whose rollouts are taken
  WallTime now{};
};

// Decides over every candidate, with one reason each. Pure: no disk, no clock; the same
// input gives the same plan, largest file first. Advice only, stale the moment it is
// made: claim() looks again.
Plan make_plan(const Inventory& found, const PlanRules& rules, const Memory& memory);

} // namespace coldpress
