#include "fsutil/text.hpp"
#include "worker/schedule/own_file.hpp"
#include "worker/schedule/schedule.hpp"
#include "worker/schedule/systemd_manager.hpp"

#include <algorithm>

namespace coldpress {

namespace {

using Act = ScheduleStep::Kind;

// Other timers of the template that are enabled: then it stays.
bool template_in_use(Fs& fs, const std::vector<ScheduleUser>& going) {
  const auto entries = fs.list_dir(join_path(k_system_unit_dir, "timers.target.wants"));
  if (!entries) {
    return false;
  }
  return std::any_of(entries->begin(), entries->end(), [&](const DirEntry& entry) {
    return entry.name.starts_with("coldpress@") &&
           std::none_of(going.begin(), going.end(), [&](const ScheduleUser& user) {
             return entry.name == "coldpress@" + user.name + ".timer";
           });
  });
}

void warn_of_linger(const ScheduleUser& user, const ScheduleActions& actions) {
  if (lingers(user, actions) == std::optional(false)) {
    actions.tell(
        Act::warning,
        fmt::format("the timer runs only while {} is logged in; to run it always: "
                    "sudo loginctl enable-linger {}",
                    user.name,
                    user.name));
  }
}

Result<bool>
start_timer(const SystemdManager& manager, const std::string& timer, bool changed) {
  auto state = manager.show(timer);
  if (!state && !manager.actions().dry_run()) {
    return Fail(std::move(state.error()));
  }
  const bool on = state && (*state)["UnitFileState"] == "enabled" &&
                  (*state)["ActiveState"] == "active";
  if (!on) {
    TRY(manager.act({"enable", "--now", timer}));
  } else if (changed) {
    TRY(manager.act({"restart", timer}));
  }
  return changed || !on;
}

// An earlier call may have written the files and then come no further.
bool has_old_units(const SystemdManager& manager, const ScheduleRequest& request) {
  const auto is_old = [&manager](const std::string& unit) {
    auto state = manager.show(unit);
    return state && (*state)["NeedDaemonReload"] == "yes";
  };
  return std::any_of(
      request.users.begin(), request.users.end(), [&](const ScheduleUser& user) {
        return is_old(timer_of(request, user)) || is_old(service_of(request, user));
      });
}

void warn_of_serve(const SystemdManager& manager, const std::string& serve) {
  auto state = manager.show(serve);
  if (state && (*state)["ActiveState"] == "active") {
    manager.actions().tell(Act::warning,
                           serve + " is running, too; one of the two is enough");
  }
}

void tell_next(const SystemdManager& manager, const std::string& timer) {
  auto state = manager.show(timer);
  if (!state) {
    return;
  }
  if (const auto next = parse_systemd_time((*state)["NextElapseUSecRealtime"])) {
    manager.actions().tell(Act::note, "next run: " + format_time(*next));
  }
}

// What `systemctl --user enable` makes.
std::string wants_link(const ScheduleRequest& request) {
  return join_path(request.config_home,
                   "systemd/user/timers.target.wants/coldpress.timer");
}

std::vector<PlannedFile> wanted_files(const ScheduleRequest& request,
                                      const ScheduleActions& actions) {
  const bool packaged = !packaged_units(request, actions.fs()).empty();
  return systemd_files(request, packaged, Wanted::yes);
}

} // namespace

bool has_systemd(const ScheduleRequest& request, const ScheduleActions& actions) {
  const std::vector<PlannedFile> files = systemd_files(request, false, Wanted::no);
  return actions.fs().lstat(wants_link(request)) ||
         std::any_of(files.begin(), files.end(), [&](const PlannedFile& file) {
           const auto found = read_if_there(actions.fs(), file.path);
           return found && *found && author_of(**found) != Author::other;
         });
}

Result<void> check_systemd(const ScheduleRequest& request,
                           const ScheduleActions& actions) {
  TRY(actions.check(wanted_files(request, actions)));
  if (actions.dry_run()) {
    return {};
  }
  // Who does not answer now would leave an installation half done.
  const SystemdManager manager(request, actions);
  auto answer = manager.show(timer_of(request, request.users.front()));
  return answer ? Result<void>() : Fail(std::move(answer.error()));
}

Result<void> install_systemd(const ScheduleRequest& request,
                             const ScheduleActions& actions) {
  const SystemdManager manager(request, actions);
  TRY_ASSIGN(const bool written, actions.put(wanted_files(request, actions)));
  const bool changed = written || has_old_units(manager, request);
  if (changed) {
    TRY(manager.act({"daemon-reload"}));
  }
  bool anything = changed;
  for (const ScheduleUser& user : request.users) {
    const std::string timer = timer_of(request, user);
    TRY_ASSIGN(const bool started, start_timer(manager, timer, changed));
    anything = anything || started;
    warn_of_serve(manager, serve_of(request, user));
    if (!actions.dry_run()) {
      tell_next(manager, timer);
    }
  }
  if (!anything) {
    actions.tell(Act::note, "nothing to do: already installed with these options");
  }
  if (!request.for_system) {
    warn_of_linger(request.users.front(), actions);
  }
  return {};
}

Result<void> remove_systemd(const ScheduleRequest& request,
                            const ScheduleActions& actions) {
  const SystemdManager manager(request, actions);
  bool anything = false;
  for (const ScheduleUser& user : request.users) {
    const std::string timer = timer_of(request, user);
    auto state = manager.show(timer);
    // Nobody answers: then nothing runs, and the files can go all the same.
    if (state &&
        ((*state)["UnitFileState"] == "enabled" || (*state)["ActiveState"] == "active")) {
      TRY(manager.act({"disable", "--now", timer}));
      anything = true;
    } else if (!state && !request.for_system && actions.fs().lstat(wants_link(request))) {
      actions.tell(Act::remove, wants_link(request)); // else the next login starts it
      if (!actions.dry_run()) {
        TRY(actions.fs().unlink(wants_link(request)));
        TRY(actions.fs().sync_dir(parent_dir(wants_link(request))));
      }
      anything = true;
    }
  }
  std::vector<PlannedFile> files = systemd_files(request, false, Wanted::no);
  if (request.for_system && template_in_use(actions.fs(), request.users)) {
    files.erase(files.begin(), files.begin() + 2); // the two of the template
    actions.tell(Act::note, "coldpress@.timer stays: other users have it");
  }
  TRY_ASSIGN(const bool removed, actions.put(files));
  if (removed && manager.show(timer_of(request, request.users.front()))) {
    TRY(manager.act({"daemon-reload"}));
  }
  if (!anything && !removed) {
    actions.tell(Act::note, "nothing to do: not installed");
  }
  return {};
}

} // namespace coldpress
