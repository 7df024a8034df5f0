#pragma once

#include "worker/cli/command.hpp"
#include "worker/run/schedule.hpp"

namespace coldpress {

// What the command line and the settings ask for.
struct ScheduleWish {
  ScheduleRequest request;
  // Configurations to turn the feature on in; empty: it is on for all, or nothing asked
  // for it.
  std::vector<std::string> files_to_enable;
  // Why a timer would change nothing: what to do. Empty if it would, or if `install` may
  // turn the feature on.
  std::string feature_off;
};

// Errors: settings that a timer would not see, users that there are not, root where it is
// missing. Each with what to do.
Result<ScheduleWish> schedule_wish(const Context& context, const RunProgram& run);

} // namespace coldpress
