#include "worker/schedule/systemd_manager.hpp"

#include "worker/schedule/unit_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace coldpress {

namespace {

// Where a package puts units, and whoever administrates the machine.
std::vector<std::string> package_dirs(bool for_system) {
  const std::string kind = for_system ? "system" : "user";
  std::vector<std::string> dirs{"/usr/local/lib/systemd/" + kind,
                                "/usr/lib/systemd/" + kind,
                                "/lib/systemd/" + kind};
  if (!for_system) {
    dirs.emplace_back("/etc/systemd/user");
  }
  return dirs;
}

} // namespace

SystemdManager::SystemdManager(const ScheduleRequest& request, ScheduleActions actions)
    : for_system_(request.for_system), actions_(std::move(actions)) {
  if (!for_system_) {
    actions_.set_environment("XDG_RUNTIME_DIR", request.runtime_dir);
  }
}

std::vector<std::string> SystemdManager::command(std::vector<std::string> words) const {
  if (!for_system_) {
    words.insert(words.begin(), "--user");
  }
  words.insert(words.begin(), "systemctl");
  return words;
}

Result<void> SystemdManager::act(std::vector<std::string> words) const {
  auto done = actions_.act(command(std::move(words)));
  return done ? std::move(done) : Fail(std::move(done.error()).in(advice()));
}

Result<SystemdManager::Properties> SystemdManager::show(const std::string& unit) const {
  TRY_ASSIGN(const SubprocessEnd end,
             actions_.ask(command({"show",
                                   "--property=UnitFileState,ActiveState,FragmentPath,"
                                   "NextElapseUSecRealtime,ExecMainCode,ExecMainStatus,"
                                   "ExecMainExitTimestamp,NeedDaemonReload,ExecStart,"
                                   "Environment,ReadWritePaths,MemoryMax,MemoryHigh",
                                   unit})));
  if (end.code != 0) {
    return Fail(Error{Errc::io, 0, "systemctl", unit, {said_by(end)}}.in(advice()));
  }
  Properties properties;
  for (std::string_view rest = end.out; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) {
      properties.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  return properties;
}

std::string SystemdManager::advice() const {
  return for_system_ ? "coldpress schedule --system needs root, and systemd as the init "
                       "of this machine"
                     : "if the systemd of this user does not answer, log in again, or "
                       "use coldpress schedule --kind cron";
}

std::string timer_of(const ScheduleRequest& request, const ScheduleUser& user) {
  return request.for_system ? "coldpress@" + user.name + ".timer" : "coldpress.timer";
}

std::string service_of(const ScheduleRequest& request, const ScheduleUser& user) {
  return request.for_system ? "coldpress@" + user.name + ".service" : "coldpress.service";
}

std::string serve_of(const ScheduleRequest& request, const ScheduleUser& user) {
  return request.for_system ? "coldpress-serve@" + user.name + ".service"
                            : "coldpress-serve.service";
}

std::vector<std::string> packaged_units(const ScheduleRequest& request, Fs& fs) {
  const std::string stem = request.for_system ? "coldpress@" : "coldpress";
  for (const std::string& dir : package_dirs(request.for_system)) {
    const std::string service = join_path(dir, stem + ".service");
    const std::string timer = join_path(dir, stem + ".timer");
    const auto text = read_small(fs, service, 64 * 1024);
    if (text && fs.lstat(timer) &&
        value_in(*text, "ExecStart").starts_with(exec_line({request.program}) + " ")) {
      return {service, timer};
    }
  }
  return {};
}

std::vector<PlannedFile>
systemd_files(const ScheduleRequest& request, bool packaged, Wanted wanted) {
  if (!request.for_system) {
    return user_timer_files(request, packaged, wanted);
  }
  std::vector<PlannedFile> files = system_template_files(request, packaged, wanted);
  for (const ScheduleUser& user : request.users) {
    for (PlannedFile& file : system_user_files(request, user, packaged, wanted)) {
      files.push_back(std::move(file));
    }
  }
  return files;
}

std::optional<bool> lingers(const ScheduleUser& user, const ScheduleActions& actions) {
  const auto end = actions.ask(
      {"loginctl", "show-user", std::to_string(user.uid), "--property=Linger"});
  if (end && end->code == 0 && end->out.starts_with("Linger=")) {
    return end->out.starts_with("Linger=yes");
  }
  if (actions.fs().lstat("/var/lib/systemd/linger")) {
    return actions.fs().lstat("/var/lib/systemd/linger/" + user.name).has_value();
  }
  return {};
}

std::optional<WallTime> parse_systemd_time(std::string_view text) {
  std::array<int, 6> field{};
  const std::string written(text.substr(std::min(text.size(), text.find(' ') + 1)));
  if (!text.ends_with(" UTC") || std::sscanf(written.c_str(),
                                             "%4d-%2d-%2d %2d:%2d:%2d",
                                             &field[0],
                                             &field[1],
                                             &field[2],
                                             &field[3],
                                             &field[4],
                                             &field[5]) != 6) {
    return {};
  }
  using namespace std::chrono;
  const year_month_day date{year{field[0]},
                            month{static_cast<unsigned>(field[1])},
                            day{static_cast<unsigned>(field[2])}};
  return WallTime(sys_days{date} + hours{field[3]} + minutes{field[4]} +
                  seconds{field[5]});
}

} // namespace coldpress
