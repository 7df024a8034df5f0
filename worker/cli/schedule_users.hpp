#pragma once

#include "fsutil/result.hpp"
#include "worker/schedule/schedule_types.hpp"

#include <string>

namespace coldpress {

// Errc::invalid for what is no name of an instance of a unit.
Result<void> check_user_name(const std::string& name);

// Errc::invalid: there is none, or one without a home.
Result<ScheduleUser> find_user(const std::string& name);

} // namespace coldpress
