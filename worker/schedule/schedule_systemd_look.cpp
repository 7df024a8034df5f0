#include "worker/schedule/own_file.hpp"
#include "worker/schedule/schedule.hpp"
#include "worker/schedule/systemd_manager.hpp"
#include "worker/schedule/timer_command.hpp"
#include "worker/schedule/unit_text.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>

namespace coldpress {

namespace {

FileState state_of(const std::string& text) {
  switch (author_of(text)) {
  case Author::ours:
    return FileState::ours;
  case Author::edited:
    return FileState::edited;
  default:
    return FileState::other;
  }
}

std::string small_text(Fs& fs, const std::string& path) {
  auto text = read_if_there(fs, path);
  return text && *text ? **text : std::string();
}

// The last OnCalendar= of the unit's file and of our drop-in, which is read after it.
std::string
when_of(Fs& fs, const std::string& unit_file, const std::vector<ScheduledFile>& files) {
  std::string when = value_in(small_text(fs, unit_file), "OnCalendar");
  for (const ScheduledFile& file : files) {
    if (file.path.find(".timer.d/") != std::string::npos) {
      const std::string text = small_text(fs, file.path);
      const std::size_t last = text.rfind("\nOnCalendar=");
      if (last != std::string::npos) {
        when = value_in(std::string_view(text).substr(last + 1), "OnCalendar");
      }
    }
  }
  return when;
}

Result<std::vector<ScheduledFile>> files_of(const ScheduleRequest& request, Fs& fs) {
  std::vector<ScheduledFile> files;
  for (const std::string& path : packaged_units(request, fs)) {
    files.push_back({path, FileState::packaged});
  }
  for (const PlannedFile& file : systemd_files(request, false, Wanted::no)) {
    TRY_ASSIGN(const std::optional<std::string> found, read_if_there(fs, file.path));
    if (found) {
      files.push_back({file.path, state_of(*found)});
    }
  }
  return files;
}

// As a shell counts it: systemd gives the bare number of the signal that killed it.
int exit_of(SystemdManager::Properties& service) {
  const int status = std::atoi(service["ExecMainStatus"].c_str());
  const int code = std::atoi(service["ExecMainCode"].c_str()); // CLD_EXITED, ...
  constexpr int k_signal = 128;
  return code == CLD_KILLED || code == CLD_DUMPED ? k_signal + status : status;
}

// The lower of the two; empty if neither is a number.
std::optional<std::uint64_t> memory_max(SystemdManager::Properties& service) {
  std::optional<std::uint64_t> least;
  for (const char* name : {"MemoryMax", "MemoryHigh"}) {
    const std::string& text = service[name];
    std::uint64_t bytes = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), bytes);
    if (read.ec == std::errc() && bytes != UINT64_MAX) {
      least = std::min(least.value_or(bytes), bytes);
    }
  }
  return least;
}

bool is_on(const SystemdManager::Properties& unit, const char* name, const char* value) {
  const auto found = unit.find(name);
  return found != unit.end() && found->second == value;
}

} // namespace

Result<ScheduleStatus> look_at_systemd(const ScheduleRequest& request,
                                       const ScheduleUser& user,
                                       const ScheduleActions& actions) {
  const SystemdManager manager(request, actions);
  ScheduleRequest one = request;
  one.users = {user};
  ScheduleStatus status;
  TRY_ASSIGN(status.files, files_of(one, actions.fs()));
  TRY_ASSIGN(SystemdManager::Properties timer, manager.show(timer_of(request, user)));
  status.enabled =
      is_on(timer, "UnitFileState", "enabled") && is_on(timer, "ActiveState", "active");
  status.next = parse_systemd_time(timer["NextElapseUSecRealtime"]);
  status.when = when_of(actions.fs(), timer["FragmentPath"], status.files);
  auto service = manager.show(service_of(request, user));
  if (service) {
    status.service_ended = parse_systemd_time((*service)["ExecMainExitTimestamp"]);
    status.service_exit = exit_of(*service);
    status.arguments = arguments_of_exec((*service)["ExecStart"]);
    status.environment = environment_of((*service)["Environment"]);
    status.memory_max = memory_max(*service);
    for (std::string& path : shell_words((*service)["ReadWritePaths"])) {
      path.erase(0, std::min(path.find_first_not_of("-+"), path.size()));
      status.writable.push_back(std::move(path));
    }
  }
  if (const auto serve = manager.show(serve_of(request, user))) {
    status.serve_enabled = is_on(*serve, "UnitFileState", "enabled");
    status.serve_active = is_on(*serve, "ActiveState", "active");
  }
  if (!request.for_system) {
    status.lingers = lingers(user, actions);
  }
  return status;
}

} // namespace coldpress
