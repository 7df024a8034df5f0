#include "worker/schedule/schedule.hpp"

#include "worker/schedule/timer_files.hpp"

#include <algorithm>
#include <set>

namespace coldpress {

namespace {

// What the runs themselves have noted.
void add_last_run(const std::string& state_dir, ScheduleStatus& status) {
  if (state_dir.empty()) {
    return;
  }
  const auto note = [&](const Error& error) { status.ledger_trouble = describe(error); };
  const auto ledger = Ledger::open_read_only(join_path(state_dir, "ledger.sqlite"));
  if (!ledger) {
    note(ledger.error());
    return;
  }
  if (!*ledger) {
    return;
  }
  const auto runs = (*ledger)->recent_runs(20);
  if (!runs) {
    note(runs.error());
    return;
  }
  for (const RunRow& row : *runs) {
    if (row.start.command == "run" || row.start.command == "serve") {
      status.last = row;
      return;
    }
  }
}

Result<void> install_kind(const ScheduleRequest& request,
                          const ScheduleActions& actions) {
  switch (request.kind) {
  case ScheduleKind::systemd:
    return install_systemd(request, actions);
  case ScheduleKind::launchd:
    return install_launchd(request, actions);
  default:
    return install_cron(request, actions);
  }
}

Result<void> remove_kind(const ScheduleRequest& request, const ScheduleActions& actions) {
  switch (request.kind) {
  case ScheduleKind::systemd:
    return remove_systemd(request, actions);
  case ScheduleKind::launchd:
    return remove_launchd(request, actions);
  default:
    return remove_cron(request, actions);
  }
}

// The request once for each kind of timer that this user has; one of the system is of
// one kind only.
std::vector<ScheduleRequest> present_kinds(const ScheduleRequest& request,
                                           const ScheduleActions& actions) {
  std::vector<ScheduleRequest> present;
  if (request.for_system) {
    return present;
  }
  for (const ScheduleKind kind :
       {ScheduleKind::systemd, ScheduleKind::launchd, ScheduleKind::cron}) {
    ScheduleRequest one = request;
    one.kind = kind;
    const bool there = kind == ScheduleKind::systemd   ? has_systemd(one, actions)
                       : kind == ScheduleKind::launchd ? has_launchd(one, actions)
                                                       : has_cron(actions);
    if (there) {
      present.push_back(std::move(one));
    }
  }
  return present;
}

bool is_scheduled_by_system(const ScheduleRequest& request, Fs& fs) {
  const std::vector<std::string> users = scheduled_users(fs);
  return std::find(users.begin(), users.end(), request.users.front().name) != users.end();
}

// What status shows: each timer of this user that there is, or the one there would be.
std::vector<ScheduleRequest> to_look_at(const ScheduleRequest& request,
                                        const ScheduleActions& actions) {
  std::vector<ScheduleRequest> all = present_kinds(request, actions);
  if (is_scheduled_by_system(request, actions.fs())) {
    ScheduleRequest by_system = request;
    by_system.kind = ScheduleKind::systemd;
    by_system.for_system = true;
    all.push_back(std::move(by_system));
  }
  if (all.empty()) {
    all.push_back(request);
  }
  for (ScheduleRequest& one : all) {
    one.any_kind = false;
  }
  return all;
}

void add_settings(const ScheduleUser& user,
                  const SettingsOf& settings_of,
                  ScheduleStatus& status) {
  if (!settings_of) {
    return;
  }
  auto found = settings_of(user, status);
  if (found) {
    status.found = std::move(*found);
  } else {
    status.settings_trouble = describe(found.error());
  }
}

// "alice" of "coldpress@alice.timer", "coldpress-serve@alice.service.d"; else empty.
std::string user_of_unit(std::string_view name) {
  if (!name.starts_with("coldpress@") && !name.starts_with("coldpress-serve@")) {
    return {};
  }
  name.remove_prefix(name.find('@') + 1);
  for (const std::string_view end : {".d", ".service", ".timer"}) {
    if (name.ends_with(end)) {
      name.remove_suffix(end.size());
    }
  }
  return std::string(name);
}

} // namespace

std::string_view name_of(ScheduleKind kind) {
  switch (kind) {
  case ScheduleKind::systemd:
    return "systemd";
  case ScheduleKind::launchd:
    return "launchd";
  default:
    return "cron";
  }
}

std::string_view name_of(ScheduleStep::Kind kind) {
  switch (kind) {
  case ScheduleStep::Kind::write:
    return "write";
  case ScheduleStep::Kind::remove:
    return "remove";
  case ScheduleStep::Kind::run:
    return "run";
  case ScheduleStep::Kind::keep:
    return "keep";
  case ScheduleStep::Kind::note:
    return "note";
  default:
    return "warning";
  }
}

std::string_view name_of(FileState state) {
  switch (state) {
  case FileState::ours:
    return "ours";
  case FileState::edited:
    return "edited";
  case FileState::other:
    return "other";
  default:
    return "packaged";
  }
}

ScheduleKind usual_kind(Fs& fs, bool for_system, const std::string& runtime_dir) {
  if (fs.lstat("/System/Library/LaunchDaemons")) {
    return ScheduleKind::launchd;
  }
  const std::string manager =
      for_system ? "/run/systemd/system" : join_path(runtime_dir, "systemd");
  return fs.lstat(manager) ? ScheduleKind::systemd : ScheduleKind::cron;
}

Result<void> check_schedule(const ScheduleRequest& request,
                            const ScheduleActions& actions) {
  switch (request.kind) {
  case ScheduleKind::systemd:
    return check_systemd(request, actions);
  case ScheduleKind::launchd:
    return check_launchd(request, actions);
  default:
    return check_cron(actions);
  }
}

Result<void> install_schedule(const ScheduleRequest& request,
                              const ScheduleActions& actions) {
  TRY(install_kind(request, actions));
  for (const ScheduleRequest& other : present_kinds(request, actions)) {
    if (other.kind != request.kind) {
      TRY(remove_kind(other, actions));
    }
  }
  return {};
}

Result<void> remove_schedule(const ScheduleRequest& request,
                             const ScheduleActions& actions) {
  const std::vector<ScheduleRequest> present =
      request.any_kind ? present_kinds(request, actions) : std::vector<ScheduleRequest>();
  if (request.any_kind && is_scheduled_by_system(request, actions.fs())) {
    const std::string& name = request.users.front().name;
    actions.tell(ScheduleStep::Kind::keep,
                 "coldpress@" + name + ".timer",
                 "it is the system's: sudo coldpress schedule remove --system " + name);
  }
  if (present.empty()) {
    return remove_kind(request, actions);
  }
  for (const ScheduleRequest& one : present) {
    TRY(remove_kind(one, actions));
  }
  return {};
}

std::vector<std::string> scheduled_users(Fs& fs) {
  std::set<std::string> names;
  const auto add = [&](const std::string& dir, bool only_ours) {
    const auto entries = fs.list_dir(dir);
    if (!entries) {
      return;
    }
    for (const DirEntry& entry : *entries) {
      const std::string user = user_of_unit(entry.name);
      if (!user.empty() &&
          (!only_ours || fs.lstat(join_path(join_path(dir, entry.name), k_drop_in)))) {
        names.insert(user);
      }
    }
  };
  add(k_system_unit_dir, true);
  add(join_path(k_system_unit_dir, "timers.target.wants"), false);
  add(join_path(k_system_unit_dir, "multi-user.target.wants"), false);
  return {names.begin(), names.end()};
}

Result<std::vector<ScheduleStatus>> look_at_schedule(const ScheduleRequest& request,
                                                     const ScheduleActions& actions,
                                                     const SettingsOf& settings_of) {
  std::vector<ScheduleStatus> all;
  if (request.any_kind) {
    for (const ScheduleRequest& one : to_look_at(request, actions)) {
      TRY_ASSIGN(const std::vector<ScheduleStatus> some,
                 look_at_schedule(one, actions, settings_of));
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }
  for (const ScheduleUser& user : request.users) {
    auto status =
        request.kind == ScheduleKind::systemd   ? look_at_systemd(request, user, actions)
        : request.kind == ScheduleKind::launchd ? look_at_launchd(request, actions)
                                                : look_at_cron(request, actions);
    if (!status) {
      return Fail(std::move(status.error()));
    }
    status->kind = request.kind;
    status->for_system = request.for_system;
    status->user = user.name;
    add_settings(user, settings_of, *status);
    add_last_run(status->found ? status->found->state_dir : user.state_dir, *status);
    all.push_back(std::move(*status));
  }
  return all;
}

} // namespace coldpress
