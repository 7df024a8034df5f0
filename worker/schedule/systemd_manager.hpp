#pragma once

#include "worker/schedule/schedule_actions.hpp"
#include "worker/schedule/timer_files.hpp"

namespace coldpress {

// One systemd manager, asked and told by systemctl: the system's, or this user's.
class SystemdManager {
public:
  using Properties = std::map<std::string, std::string>;

  SystemdManager(const ScheduleRequest& request, ScheduleActions actions);

  const ScheduleActions& actions() const { return actions_; }

  Result<void> act(std::vector<std::string> words) const;
  // Of one unit; empty values for one that there is not. Errors: no systemctl, or nobody
  // answers it.
  Result<Properties> show(const std::string& unit) const;

private:
  std::vector<std::string> command(std::vector<std::string> words) const;
  std::string advice() const;

  bool for_system_;
  ScheduleActions actions_;
};

std::string timer_of(const ScheduleRequest& request, const ScheduleUser& user);
std::string service_of(const ScheduleRequest& request, const ScheduleUser& user);
std::string serve_of(const ScheduleRequest& request, const ScheduleUser& user);

// The packaged service and timer; empty if there are none. A service of theirs that
// starts another program than the request's does not count: ours then takes its place.
std::vector<std::string> packaged_units(const ScheduleRequest& request, Fs& fs);

// All that coldpress may write for the request, as in timer_files.hpp.
std::vector<PlannedFile>
systemd_files(const ScheduleRequest& request, bool packaged, Wanted wanted);

// Without lingering a user's manager ends with the last session, and the timer with it.
// Empty if not known.
std::optional<bool> lingers(const ScheduleUser& user, const ScheduleActions& actions);

// "Thu 2026-11-26 03:12:00 UTC", as systemctl says it with TZ=UTC.
std::optional<WallTime> parse_systemd_time(std::string_view text);

} // namespace coldpress
