#pragma once

#include "worker/cli/command.hpp"
#include "worker/schedule/schedule.hpp"

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
Result<ScheduleWish> schedule_wish(const Context& context);

// The settings that the runs of an installed timer find: by its own command, the home of
// its user and the file of the site. Where nothing is installed: those of this command.
SettingsOf settings_of_timers(const Context& context);

} // namespace coldpress
