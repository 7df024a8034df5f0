#pragma once

#include "fsutil/subprocess.hpp"
#include "worker/schedule/schedule_types.hpp"

#include <string>

namespace coldpress {

// Errc::invalid for what is no name of an instance of a unit.
Result<void> check_user_name(const std::string& name);

// By getent, which asks whatever knows users here. Errc::invalid: there is none.
Result<ScheduleUser> find_user(const std::string& name, const RunProgram& run);

} // namespace coldpress
