#pragma once

#include "worker/schedule/schedule_actions.hpp"

namespace coldpress {

// A timer that starts `coldpress run`: installed, removed, looked at. All three may be
// repeated; a second install with the same request changes nothing.

// Errc::exists if a file that install would write is another program's. Changes nothing.
Result<void> check_schedule(const ScheduleRequest& request,
                            const ScheduleActions& actions);

// After check_schedule(). A timer of another kind that coldpress has made is removed: an
// install without the manager of the user makes a line of cron, a later one a unit.
Result<void> install_schedule(const ScheduleRequest& request,
                              const ScheduleActions& actions);

// The users with units of the system: enabled, or with drop-ins of ours. By name.
std::vector<std::string> scheduled_users(Fs& fs);

// Stops the timer and removes what coldpress wrote and was not edited.
Result<void> remove_schedule(const ScheduleRequest& request,
                             const ScheduleActions& actions);

// One for each user of the request; with any_kind, for each timer this user has, one of
// the system among them. Changes nothing.
Result<std::vector<ScheduleStatus>> look_at_schedule(const ScheduleRequest& request,
                                                     const ScheduleActions& actions,
                                                     const SettingsOf& settings_of = {});

// What runs timers on this machine, by what is there: launchd on macOS, a systemd that
// manages this user (or the system), else cron.
ScheduleKind usual_kind(Fs& fs, bool for_system, const std::string& runtime_dir);

// --- one file each

// Whether something of ours is there, on or off. What cannot be looked at is not.
bool has_systemd(const ScheduleRequest& request, const ScheduleActions& actions);
bool has_launchd(const ScheduleRequest& request, const ScheduleActions& actions);
bool has_cron(const ScheduleActions& actions);

Result<void> check_systemd(const ScheduleRequest& request,
                           const ScheduleActions& actions);
Result<void> install_systemd(const ScheduleRequest& request,
                             const ScheduleActions& actions);
Result<void> remove_systemd(const ScheduleRequest& request,
                            const ScheduleActions& actions);
Result<ScheduleStatus> look_at_systemd(const ScheduleRequest& request,
                                       const ScheduleUser& user,
                                       const ScheduleActions& actions);

Result<void> check_launchd(const ScheduleRequest& request,
                           const ScheduleActions& actions);
Result<void> install_launchd(const ScheduleRequest& request,
                             const ScheduleActions& actions);
Result<void> remove_launchd(const ScheduleRequest& request,
                            const ScheduleActions& actions);
Result<ScheduleStatus> look_at_launchd(const ScheduleRequest& request,
                                       const ScheduleActions& actions);

Result<void> check_cron(const ScheduleActions& actions);
Result<void> install_cron(const ScheduleRequest& request, const ScheduleActions& actions);
Result<void> remove_cron(const ScheduleRequest& request, const ScheduleActions& actions);
Result<ScheduleStatus> look_at_cron(const ScheduleRequest& request,
                                    const ScheduleActions& actions);

} // namespace coldpress
