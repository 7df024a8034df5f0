#pragma once

#include "worker/cli/command.hpp"
#include "worker/run/schedule_types.hpp"

#include <string>

namespace coldpress {

// One step as a person reads it. With `dry_run` it is what would be done, files with all
// their text. Ends with a newline.
std::string step_text(const ScheduleStep& step, bool dry_run);
std::string step_json(const ScheduleStep& step, bool dry_run);

std::string schedule_text(const ScheduleStatus& status);
std::string schedule_json(const ScheduleStatus& status);

// 0: installed, and the last run went well; 1: nothing starts runs here; 4: the last run
// did not go well.
Exit schedule_exit(const ScheduleStatus& status);

} // namespace coldpress
