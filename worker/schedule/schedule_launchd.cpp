#include "worker/schedule/other_timers.hpp"
#include "worker/schedule/own_file.hpp"
#include "worker/schedule/schedule.hpp"
#include "worker/schedule/timer_command.hpp"

#include <fmt/format.h>

namespace coldpress {

namespace {

using Act = ScheduleStep::Kind;

std::string domain_of(const ScheduleRequest& request) {
  return fmt::format("gui/{}", request.users.front().uid);
}

std::string service_of(const ScheduleRequest& request) {
  return fmt::format("{}/{}", domain_of(request), k_launchd_label);
}

bool is_loaded(const ScheduleRequest& request, const ScheduleActions& actions) {
  const auto end = actions.ask({"launchctl", "print", service_of(request)});
  return end && end->code == 0;
}

std::string times_text(const ScheduleRequest& request) {
  return fmt::format("every {}, by launchd", to_string(request.every));
}

} // namespace

bool has_launchd(const ScheduleRequest& request, const ScheduleActions& actions) {
  const auto found = read_if_there(actions.fs(), launchd_file(request, false).path);
  return found && *found && author_of(**found) != Author::other;
}

Result<void> check_launchd(const ScheduleRequest& request,
                           const ScheduleActions& actions) {
  return actions.check({launchd_file(request, true)});
}

Result<void> install_launchd(const ScheduleRequest& request,
                             const ScheduleActions& actions) {
  const PlannedFile file = launchd_file(request, true);
  TRY_ASSIGN(const std::optional<std::string> found,
             read_if_there(actions.fs(), file.path));
  const bool loaded = is_loaded(request, actions);
  if (found == file.text && loaded) {
    actions.tell(Act::note, "nothing to do: already installed with these options");
    return {};
  }
  // Before the file is another: one that fails is seen again by the next install.
  if (loaded) {
    TRY(actions.act({"launchctl", "bootout", service_of(request)}));
  }
  TRY(actions.put({file}));
  TRY(actions.act({"launchctl", "bootstrap", domain_of(request), file.path}));
  actions.tell(Act::note, times_text(request));
  return {};
}

Result<void> remove_launchd(const ScheduleRequest& request,
                            const ScheduleActions& actions) {
  const bool loaded = is_loaded(request, actions);
  if (loaded) {
    TRY(actions.act({"launchctl", "bootout", service_of(request)}));
  }
  TRY_ASSIGN(const bool removed, actions.put({launchd_file(request, false)}));
  if (!loaded && !removed) {
    actions.tell(Act::note, "nothing to do: not installed");
  }
  return {};
}

Result<ScheduleStatus> look_at_launchd(const ScheduleRequest& request,
                                       const ScheduleActions& actions) {
  ScheduleStatus status;
  const std::string path = launchd_file(request, false).path;
  TRY_ASSIGN(const std::optional<std::string> found, read_if_there(actions.fs(), path));
  if (found) {
    const Author author = author_of(*found);
    status.arguments = arguments_of_plist(*found);
    status.files.push_back({path,
                            author == Author::ours     ? FileState::ours
                            : author == Author::edited ? FileState::edited
                                                       : FileState::other});
  }
  status.enabled = is_loaded(request, actions);
  return status;
}

} // namespace coldpress
