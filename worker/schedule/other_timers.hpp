#pragma once

#include "worker/schedule/schedule_types.hpp"

namespace coldpress {

// Timers where there is no systemd. Nothing here touches a disk.

inline constexpr std::string_view k_launchd_label = "coldpress.run";

// The property list of the agent, without the line that says whose it is.
std::string launchd_text(const ScheduleRequest& request);
// ~/Library/LaunchAgents/coldpress.run.plist
PlannedFile launchd_file(const ScheduleRequest& request, bool wanted);

// The line of the crontab, with its mark at the end.
std::string cron_line(const ScheduleRequest& request);

// What is ours of a crontab.
struct CronLines {
  std::string others;              // all other lines, byte for byte
  std::vector<std::string> ours;   // as coldpress wrote them
  std::vector<std::string> edited; // changed by hand since; they are in `others`, too
};
CronLines split_crontab(std::string_view crontab);

} // namespace coldpress
