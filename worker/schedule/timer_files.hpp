#pragma once

#include "worker/schedule/schedule_types.hpp"

namespace coldpress {

// Which files a systemd timer needs, with which text; nothing here touches a disk.
// Every path that coldpress may ever write is in the answer, so that what is not needed
// is removed, too. Without a request (`wanted` is false) none has a text.

enum class Wanted : std::uint8_t { no, yes };

// `packaged`: the units of the package are there and start this very program; then only
// drop-ins say what differs.
std::vector<PlannedFile>
user_timer_files(const ScheduleRequest& request, bool packaged, Wanted wanted);

// The two template units, for all users.
std::vector<PlannedFile>
system_template_files(const ScheduleRequest& request, bool packaged, Wanted wanted);
// And the drop-ins of one user: of the timer and its service, and with `packaged`, of the
// packaged coldpress-serve@.service, whose sandbox is the same.
std::vector<PlannedFile> system_user_files(const ScheduleRequest& request,
                                           const ScheduleUser& user,
                                           bool packaged,
                                           Wanted wanted);

// The minutes of this user on this machine: the same for every kind of timer.
CalendarTimes times_for(const ScheduleRequest& request, const ScheduleUser& user);

// The whole command of a user's timer.
std::vector<std::string> timer_command(const ScheduleRequest& request,
                                       const ScheduleUser& user);

inline constexpr const char* k_system_unit_dir = "/etc/systemd/system";
inline constexpr const char* k_drop_in = "50-coldpress-schedule.conf";

} // namespace coldpress
