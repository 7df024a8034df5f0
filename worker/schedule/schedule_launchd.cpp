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

bool is_loaded(const ScheduleRequest& request, const ScheduleHands& hands) {
  const auto end = hands.ask({"launchctl", "print", service_of(request)});
  return end && end->code == 0;
}

std::string times_text(const ScheduleRequest& request) {
  return fmt::format("every {}, by launchd", to_string(request.every));
}

} // namespace

bool has_launchd(const ScheduleRequest& request, const ScheduleHands& hands) {
  const auto found = read_if_there(hands.fs(), launchd_file(request, false).path);
  return found && *found && author_of(**found) != Author::other;
}

Result<void> check_launchd(const ScheduleRequest& request, const ScheduleHands& hands) {
  return hands.check({launchd_file(request, true)});
}

Result<void> install_launchd(const ScheduleRequest& request, const ScheduleHands& hands) {
  const PlannedFile file = launchd_file(request, true);
  TRY_ASSIGN(const std::optional<std::string> found,
             read_if_there(hands.fs(), file.path));
  const bool loaded = is_loaded(request, hands);
  if (found == file.text && loaded) {
    hands.tell(Act::note, "nothing to do: already installed with these options");
    return {};
  }
  // Before the file is another: one that fails is seen again by the next install.
  if (loaded) {
    TRY(hands.act({"launchctl", "bootout", service_of(request)}));
  }
  TRY(hands.put({file}));
  TRY(hands.act({"launchctl", "bootstrap", domain_of(request), file.path}));
  hands.tell(Act::note, times_text(request));
  return {};
}

Result<void> remove_launchd(const ScheduleRequest& request, const ScheduleHands& hands) {
  const bool loaded = is_loaded(request, hands);
  if (loaded) {
    TRY(hands.act({"launchctl", "bootout", service_of(request)}));
  }
  TRY_ASSIGN(const bool removed, hands.put({launchd_file(request, false)}));
  if (!loaded && !removed) {
    hands.tell(Act::note, "nothing to do: not installed");
  }
  return {};
}

Result<ScheduleStatus> look_at_launchd(const ScheduleRequest& request,
                                       const ScheduleHands& hands) {
  ScheduleStatus status;
  const std::string path = launchd_file(request, false).path;
  TRY_ASSIGN(const std::optional<std::string> found, read_if_there(hands.fs(), path));
  if (found) {
    const Author author = author_of(*found);
    status.arguments = arguments_of_plist(*found);
    status.files.push_back({path,
                            author == Author::ours     ? FileState::ours
                            : author == Author::edited ? FileState::edited
                                                       : FileState::other});
  }
  status.enabled = is_loaded(request, hands);
  return status;
}

} // namespace coldpress
