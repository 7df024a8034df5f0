#pragma once

#include "worker/cli/command.hpp"
#include "worker/schedule/schedule_types.hpp"

#include <string>

namespace coldpress {

// One step as a person reads it. With `dry_run` it is what would be done, files with all
// their text. Ends with a newline.
std::string step_text(const ScheduleStep& step, bool dry_run);
std::string step_json(const ScheduleStep& step, bool dry_run);

// First of all whether the store will be looked after.
std::string schedule_text(const ScheduleStatus& status, WallTime now);
std::string schedule_json(const ScheduleStatus& status, WallTime now);

// 0: the timer compresses the store, and the last run succeeded; 1: it does not, or that
// cannot tell; 4: the last run did not go well.
Exit schedule_exit(const ScheduleStatus& status, WallTime now);

} // namespace coldpress
