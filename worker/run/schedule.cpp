#include "worker/run/schedule.hpp"

namespace coldpress {

namespace {

// What the runs themselves have noted.
void add_last_run(const ScheduleUser& user, ScheduleStatus& status) {
  const auto note = [&](const Error& error) { status.ledger_trouble = describe(error); };
  const auto ledger = Ledger::open_read_only(join_path(user.state_dir, "ledger.sqlite"));
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

Result<void> install_kind(const ScheduleRequest& request, const ScheduleHands& hands) {
  switch (request.kind) {
  case ScheduleKind::systemd:
    return install_systemd(request, hands);
  case ScheduleKind::launchd:
    return install_launchd(request, hands);
  default:
    return install_cron(request, hands);
  }
}

Result<void> remove_kind(const ScheduleRequest& request, const ScheduleHands& hands) {
  switch (request.kind) {
  case ScheduleKind::systemd:
    return remove_systemd(request, hands);
  case ScheduleKind::launchd:
    return remove_launchd(request, hands);
  default:
    return remove_cron(request, hands);
  }
}

// The request once for each kind of timer that this user has; one of the system is of
// one kind only.
std::vector<ScheduleRequest> present_kinds(const ScheduleRequest& request,
                                           const ScheduleHands& hands) {
  std::vector<ScheduleRequest> present;
  if (request.for_system) {
    return present;
  }
  for (const ScheduleKind kind :
       {ScheduleKind::systemd, ScheduleKind::launchd, ScheduleKind::cron}) {
    ScheduleRequest one = request;
    one.kind = kind;
    const bool there = kind == ScheduleKind::systemd   ? has_systemd(one, hands)
                       : kind == ScheduleKind::launchd ? has_launchd(one, hands)
                                                       : has_cron(hands);
    if (there) {
      present.push_back(std::move(one));
    }
  }
  return present;
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

Result<void> check_schedule(const ScheduleRequest& request, const ScheduleHands& hands) {
  switch (request.kind) {
  case ScheduleKind::systemd:
    return check_systemd(request, hands);
  case ScheduleKind::launchd:
    return check_launchd(request, hands);
  default:
    return check_cron(hands);
  }
}

Result<void> install_schedule(const ScheduleRequest& request,
                              const ScheduleHands& hands) {
  TRY(install_kind(request, hands));
  for (const ScheduleRequest& other : present_kinds(request, hands)) {
    if (other.kind != request.kind) {
      TRY(remove_kind(other, hands));
    }
  }
  return {};
}

Result<void> remove_schedule(const ScheduleRequest& request, const ScheduleHands& hands) {
  const std::vector<ScheduleRequest> present =
      request.any_kind ? present_kinds(request, hands) : std::vector<ScheduleRequest>();
  if (present.empty()) {
    return remove_kind(request, hands);
  }
  for (const ScheduleRequest& one : present) {
    TRY(remove_kind(one, hands));
  }
  return {};
}

Result<std::vector<ScheduleStatus>> look_at_schedule(const ScheduleRequest& request,
                                                     const ScheduleHands& hands) {
  if (request.any_kind) {
    std::vector<ScheduleRequest> present = present_kinds(request, hands);
    if (present.empty()) {
      present.push_back(request);
    }
    std::vector<ScheduleStatus> all;
    for (ScheduleRequest& one : present) {
      one.any_kind = false;
      TRY_ASSIGN(const std::vector<ScheduleStatus> some, look_at_schedule(one, hands));
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }
  std::vector<ScheduleStatus> all;
  for (const ScheduleUser& user : request.users) {
    auto status =
        request.kind == ScheduleKind::systemd   ? look_at_systemd(request, user, hands)
        : request.kind == ScheduleKind::launchd ? look_at_launchd(request, hands)
                                                : look_at_cron(request, hands);
    if (!status) {
      return Fail(std::move(status.error()));
    }
    status->kind = request.kind;
    status->for_system = request.for_system;
    status->user = user.name;
    add_last_run(user, *status);
    all.push_back(std::move(*status));
  }
  return all;
}

} // namespace coldpress
