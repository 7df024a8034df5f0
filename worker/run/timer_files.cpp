#include "worker/run/timer_files.hpp"

#include "fsutil/fs.hpp"
#include "worker/run/own_file.hpp"
#include "worker/run/unit_text.hpp"

namespace coldpress {

namespace {

constexpr std::string_view k_drop_in = "50-coldpress-schedule.conf";

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

std::string timer_text(std::string_view unit, const Every& every) {
  std::string text(packaged_unit(unit));
  text = with_value(text, "OnCalendar", on_calendar(every));
  text = with_value(text, "RandomizedDelaySec", random_delay(every));
  return with_value(text, "AccuracySec", accuracy(every));
}

// Empty if it would say what the unit says.
std::string timer_drop_in(const Every& every) {
  if (every == Every{}) {
    return {};
  }
  return "[Timer]\nOnCalendar=\nOnCalendar=" + on_calendar(every) +
         "\nRandomizedDelaySec=" + random_delay(every) +
         "\nAccuracySec=" + accuracy(every) + "\n";
}

std::string exec_drop_in(const std::vector<std::string>& command) {
  return "[Service]\nExecStart=\nExecStart=" + exec_line(command) + "\n";
}

std::string service_drop_in(const ScheduleRequest& request, const ScheduleUser& user) {
  std::string text;
  if (!user.arguments.empty()) {
    text = exec_drop_in(timer_command(request, user));
  }
  std::vector<std::string> writable;
  if (user.store != "/home/" + user.name + "/.codex") {
    writable.push_back(user.store);
  }
  if (!user.state_dir.starts_with(user.store + "/")) {
    writable.push_back(user.state_dir);
  }
  for (const std::string& dir : writable) {
    text += text.empty() ? "[Service]\n" : "";
    text += "ReadWritePaths=" + unit_word("-" + dir) + "\n";
  }
  return text;
}

} // namespace

std::vector<std::string> timer_command(const ScheduleRequest& request,
                                       const ScheduleUser& user) {
  std::vector<std::string> command{request.program, "run", "--quiet"};
  command.insert(command.end(), user.arguments.begin(), user.arguments.end());
  return command;
}

std::vector<PlannedFile>
user_timer_files(const ScheduleRequest& request, bool packaged, Wanted wanted) {
  const ScheduleUser& user = request.users.front();
  const std::string dir = join_path(request.config_home, "systemd/user");
  const std::vector<std::string> command = timer_command(request, user);
  const std::string service = with_value(
      packaged_unit("user/coldpress.service"), "ExecStart", exec_line(command));
  const std::string timer = timer_text("user/coldpress.timer", request.every);
  const Wanted own = packaged ? Wanted::no : wanted;
  const Wanted drop_in = packaged ? wanted : Wanted::no;
  return {planned(join_path(dir, "coldpress.service"), own, service),
          planned(join_path(dir, "coldpress.timer"), own, timer),
          planned(drop_in_path(dir, "coldpress.service"),
                  drop_in,
                  user.arguments.empty() ? "" : exec_drop_in(command)),
          planned(drop_in_path(dir, "coldpress.timer"),
                  drop_in,
                  timer_drop_in(request.every))};
}

std::vector<PlannedFile>
system_template_files(const ScheduleRequest& request, bool packaged, Wanted wanted) {
  const std::string dir = k_system_unit_dir;
  const Wanted own = packaged ? Wanted::no : wanted;
  const std::string service = with_value(packaged_unit("system/coldpress@.service"),
                                         "ExecStart",
                                         exec_line({request.program, "run", "--quiet"}));
  return {planned(join_path(dir, "coldpress@.service"), own, service),
          planned(join_path(dir, "coldpress@.timer"),
                  own,
                  std::string(packaged_unit("system/coldpress@.timer")))};
}

std::vector<PlannedFile> system_user_files(const ScheduleRequest& request,
                                           const ScheduleUser& user,
                                           Wanted wanted) {
  const std::string dir = k_system_unit_dir;
  const std::string unit = "coldpress@" + user.name;
  return {
      planned(
          drop_in_path(dir, unit + ".service"), wanted, service_drop_in(request, user)),
      planned(drop_in_path(dir, unit + ".timer"), wanted, timer_drop_in(request.every))};
}

} // namespace coldpress
