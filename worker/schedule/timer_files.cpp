#include "worker/schedule/timer_files.hpp"

#include "fsutil/fs.hpp"
#include "worker/schedule/own_file.hpp"
#include "worker/schedule/unit_text.hpp"

namespace coldpress {

namespace {

std::string drop_in_path(const std::string& dir, const std::string& unit) {
  return join_path(join_path(dir, unit + ".d"), k_drop_in);
}

PlannedFile planned(std::string path, Wanted wanted, const std::string& text) {
  PlannedFile file{std::move(path), {}};
  if (wanted == Wanted::yes && !text.empty()) {
    file.text = marked(text, CommentForm::hash);
  }
  return file;
}

std::string timer_text(const ScheduleRequest& request, const ScheduleUser& user) {
  return with_value(packaged_unit("user/coldpress.timer"),
                    "OnCalendar",
                    on_calendar(times_for(request, user)));
}

std::string timer_drop_in(const ScheduleRequest& request, const ScheduleUser& user) {
  return "[Timer]\nOnCalendar=\nOnCalendar=" + on_calendar(times_for(request, user)) +
         "\n";
}

// A packaged service with this program in it, and this command.
std::string service_text(std::string_view unit, const std::vector<std::string>& command) {
  const std::string text =
      with_value(packaged_unit(unit), "ExecStart", exec_line(command));
  return with_value(text, "ConditionFileIsExecutable", condition_path(command.front()));
}

using Command = std::vector<std::string>;

Command with_arguments(Command command, const ScheduleUser& user) {
  command.insert(command.end(), user.arguments.begin(), user.arguments.end());
  return command;
}

std::string exec_lines(std::string_view key, const std::vector<std::string>& lines) {
  std::string text = std::string(key) + "=\n";
  for (const std::string& line : lines) {
    text += std::string(key) + "=" + line + "\n";
  }
  return text;
}

// What the commands of the two services of a user need beyond the packaged ones; empty
// for a user whom they suit.
std::string run_lines(const ScheduleRequest& request, const ScheduleUser& user) {
  return user.arguments.empty()
             ? ""
             : exec_lines("ExecStart", {exec_line(timer_command(request, user))});
}

std::string serve_lines(const ScheduleRequest& request, const ScheduleUser& user) {
  if (user.arguments.empty()) {
    return {};
  }
  const Command check = with_arguments({request.program, "config", "--quiet"}, user);
  return exec_lines("ExecStart",
                    {exec_line(with_arguments({request.program, "serve"}, user))}) +
         exec_lines("ExecReload", {exec_line(check), "/bin/kill -HUP $MAINPID"});
}

// The same for every service of the system: where it may write, and the feature.
std::string sandbox_lines(const ScheduleUser& user) {
  std::string text;
  std::vector<std::string> writable;
  if (user.store != "/home/" + user.name + "/.codex") {
    writable.push_back(user.store);
  }
  if (!user.state_dir.starts_with(user.store + "/")) {
    writable.push_back(user.state_dir);
  }
  if (!user.metrics_dir.empty()) {
    writable.push_back(user.metrics_dir);
  }
  for (const std::string& dir : writable) {
    text += "ReadWritePaths=" + unit_word("-" + dir) + "\n";
  }
  if (user.feature_by_unit) {
    text += "Environment=COLDPRESS_FEATURES_LOCAL_THREAD_STORE_COMPRESSION=true\n";
  }
  return text;
}

std::string in_service(const std::string& lines) {
  return lines.empty() ? lines : "[Service]\n" + lines;
}

} // namespace

CalendarTimes times_for(const ScheduleRequest& request, const ScheduleUser& user) {
  return times_of(request.every, user.name + "@" + request.host);
}

std::vector<std::string> timer_command(const ScheduleRequest& request,
                                       const ScheduleUser& user) {
  return with_arguments({request.program, "run", "--quiet", "--retry-busy"}, user);
}

std::vector<PlannedFile>
user_timer_files(const ScheduleRequest& request, bool packaged, Wanted wanted) {
  const ScheduleUser& user = request.users.front();
  const std::string dir = join_path(request.config_home, "systemd/user");
  const Wanted own = packaged ? Wanted::no : wanted;
  const Wanted drop_in = packaged ? wanted : Wanted::no;
  return {planned(join_path(dir, "coldpress.service"),
                  own,
                  service_text("user/coldpress.service", timer_command(request, user))),
          planned(join_path(dir, "coldpress.timer"), own, timer_text(request, user)),
          planned(drop_in_path(dir, "coldpress.service"),
                  drop_in,
                  in_service(run_lines(request, user))),
          planned(drop_in_path(dir, "coldpress.timer"),
                  drop_in,
                  timer_drop_in(request, user)),
          planned(drop_in_path(dir, "coldpress-serve.service"),
                  drop_in,
                  in_service(serve_lines(request, user)))};
}

std::vector<PlannedFile>
system_template_files(const ScheduleRequest& request, bool packaged, Wanted wanted) {
  const std::string dir = k_system_unit_dir;
  const Wanted own = packaged ? Wanted::no : wanted;
  return {planned(join_path(dir, "coldpress@.service"),
                  own,
                  service_text("system/coldpress@.service",
                               {request.program, "run", "--quiet", "--retry-busy"})),
          planned(join_path(dir, "coldpress@.timer"),
                  own,
                  std::string(packaged_unit("system/coldpress@.timer")))};
}

std::vector<PlannedFile> system_user_files(const ScheduleRequest& request,
                                           const ScheduleUser& user,
                                           bool packaged,
                                           Wanted wanted) {
  const std::string dir = k_system_unit_dir;
  const std::string unit = "coldpress@" + user.name;
  const std::string sandbox = sandbox_lines(user);
  return {
      planned(drop_in_path(dir, unit + ".service"),
              wanted,
              in_service(run_lines(request, user) + sandbox)),
      planned(drop_in_path(dir, unit + ".timer"), wanted, timer_drop_in(request, user)),
      planned(drop_in_path(dir, "coldpress-serve@" + user.name + ".service"),
              packaged ? wanted : Wanted::no,
              in_service(serve_lines(request, user) + sandbox))};
}

} // namespace coldpress
