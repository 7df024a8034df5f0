#include "fsutil/text.hpp"
#include "worker/schedule/cron_daemon.hpp"
#include "worker/schedule/other_timers.hpp"
#include "worker/schedule/schedule.hpp"
#include "worker/schedule/timer_command.hpp"

#include <algorithm>

namespace coldpress {

namespace {

using Act = ScheduleStep::Kind;

constexpr const char* k_where = "crontab";

// "no crontab for alice", and of BusyBox "crontab: can't open 'alice': No such file or
// directory". Nothing else: a crontab that could not be read would be replaced.
bool says_none(const SubprocessEnd& end) {
  const std::string said = end.err.empty() ? std::string() : said_by(end);
  constexpr std::string_view busybox = "crontab: can't open '";
  constexpr std::string_view rest = "': No such file or directory";
  const bool of_busybox = said.starts_with(busybox) && said.ends_with(rest) &&
                          said.find_first_of("/;") == std::string::npos;
  return end.out.empty() && (of_busybox || said.starts_with("no crontab for ") ||
                             said.starts_with("crontab: no crontab for "));
}

// A user without one has an empty one. An error says that it was not read whole, and then
// nothing may be written.
Result<std::string> read_crontab(const ScheduleActions& actions) {
  auto end = actions.ask({"crontab", "-l"});
  if (!end && end.error().code == Errc::not_found) {
    return Fail(
        Error{Errc::not_found,
              0,
              "schedule",
              "",
              {"this machine has neither systemd for this user nor cron, so nothing "
               "could start runs; install cron, or keep coldpress serve running"}});
  }
  if (!end) {
    return Fail(std::move(end.error()).in("the crontab stays as it is"));
  }
  if (end->code != 0 && !says_none(*end)) {
    return Fail(Error{Errc::denied,
                      0,
                      "crontab -l",
                      "",
                      {fmt::format("exit code {}: {}", end->code, said_by(*end)),
                       "the crontab cannot be read, so it stays as it is"}});
  }
  return end->code == 0 ? end->out : std::string();
}

Result<void> write_crontab(const ScheduleActions& actions, std::string text) {
  return actions.act({"crontab", "-"}, std::move(text));
}

} // namespace

bool has_cron(const ScheduleActions& actions) {
  const auto crontab = read_crontab(actions);
  const CronLines lines = split_crontab(crontab ? *crontab : std::string());
  return !lines.ours.empty() || !lines.edited.empty();
}

Result<void> check_cron(const ScheduleActions& actions) {
  TRY_ASSIGN(const std::string crontab, read_crontab(actions));
  const CronLines lines = split_crontab(crontab);
  if (lines.edited.empty()) {
    return {};
  }
  return Fail(
      Error{Errc::exists,
            0,
            "schedule",
            k_where,
            {fmt::format("the line of coldpress was edited by hand and is left as it is; "
                         "remove it with crontab -e and install again: {}",
                         lines.edited.front())}});
}

Result<void> install_cron(const ScheduleRequest& request,
                          const ScheduleActions& actions) {
  TRY_ASSIGN(const std::string before, read_crontab(actions));
  CronLines lines = split_crontab(before);
  const std::string line = cron_line(request);
  if (lines.ours == std::vector{line}) {
    actions.tell(Act::note, "nothing to do: already installed with these options");
    return {};
  }
  actions.tell(Act::write, k_where, line + "\n");
  if (!lines.others.empty() && !lines.others.ends_with('\n')) {
    lines.others += '\n';
  }
  TRY(write_crontab(actions, lines.others + line + "\n"));
  actions.tell(
      Act::note,
      "cron does not make up for runs missed while the machine is off; the minute "
      "was chosen for this user and machine");
  return {};
}

Result<void> remove_cron(const ScheduleRequest&, const ScheduleActions& actions) {
  TRY_ASSIGN(const std::string before, read_crontab(actions));
  const CronLines lines = split_crontab(before);
  for (const std::string& line : lines.edited) {
    actions.tell(Act::keep, line, "it was edited by hand; remove it with crontab -e");
  }
  if (lines.ours.empty() && !lines.edited.empty()) {
    return Fail(Error{Errc::exists,
                      0,
                      "schedule",
                      k_where,
                      {"the line of coldpress was edited, so it still starts runs"}});
  }
  if (lines.ours.empty()) {
    actions.tell(Act::note, "nothing to do: not installed");
    return {};
  }
  for (const std::string& line : lines.ours) {
    actions.tell(Act::remove, line);
  }
  return lines.others.empty() ? actions.act({"crontab", "-r"})
                              : write_crontab(actions, lines.others);
}

Result<ScheduleStatus> look_at_cron(const ScheduleRequest&,
                                    const ScheduleActions& actions) {
  TRY_ASSIGN(const std::string crontab, read_crontab(actions));
  const CronLines lines = split_crontab(crontab);
  ScheduleStatus status;
  status.starter_runs = cron_runs(actions.fs());
  const auto add = [&](const std::string& line, FileState state) {
    status.files.push_back({k_where, state});
    status.enabled = status.enabled || !line.starts_with("#");
    std::size_t end = 0; // of the five fields
    for (int field = 0; field < 5 && end != std::string::npos; ++field) {
      end = line.find(' ', end + 1);
    }
    status.when = line.substr(0, end);
    status.arguments = arguments_of_cron(line);
  };
  for (const std::string& line : lines.ours) {
    add(line, FileState::ours);
  }
  for (const std::string& line : lines.edited) {
    add(line, FileState::edited);
  }
  return status;
}

} // namespace coldpress
