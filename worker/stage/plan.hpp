#pragma once

#include "worker/stage/types.hpp"

#include <array>
#include <tuple>

namespace coldpress {

struct PlanRules {
  Settings::Scan scan;
  Settings::Compat compat;
  std::uint32_t uid = 0; // whose rollouts are taken
  WallTime now{};
  bool active_not_local = false; // its file system is not known to be local
};

// What compressing would free, going by what it has freed in this store: by rollouts of
// about that length, and where there were few of them, by all.
class GainModel {
public:
  explicit GainModel(const Achieved& achieved);
  // Bytes, of a rollout of `bytes`. Grows with it within one size class.
  std::uint64_t predict(std::uint64_t bytes) const;

private:
  std::array<double, std::tuple_size_v<decltype(Achieved::by_class)>> kept_{};
};

// Decides over every candidate, with one reason each: first the plain ones, then the weak
// frames, the largest first. Pure: no disk, no clock; the same
// input gives the same plan, largest predicted gain first, so that a run that is stopped
// has done the most it could; equal ones by name. Advice only, stale the moment it is
// made: claim() looks again.
Plan make_plan(std::vector<Candidate> candidates,
               const std::vector<VersionSeen>& versions,
               const PlanRules& rules,
               const Memory& memory,
               const Achieved& achieved = {});

} // namespace coldpress
