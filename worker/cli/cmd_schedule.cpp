#include "config/enable_feature.hpp"
#include "fsutil/replace_file.hpp"
#include "fsutil/text.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/schedule_request.hpp"
#include "worker/cli/schedule_view.hpp"

#include <CLI/CLI.hpp>

namespace coldpress {

namespace {

using Act = ScheduleStep::Kind;

void show(const Context& context, const ScheduleStep& step) {
  const bool dry_run = context.options.dry_run;
  if (step.kind == Act::warning) {
    warn("{}", step_text(step, dry_run));
  } else if (!context.options.quiet && !context.options.json) {
    out("{}", step_text(step, dry_run));
  }
  if (context.options.json) {
    print_line(step_json(step, dry_run));
  }
}

// Everything else of the file stays byte for byte.
Result<void> turn_on(const std::string& path, const ScheduleActions& actions) {
  TRY_ASSIGN(const std::optional<std::string> found, read_if_there(actions.fs(), path));
  TRY_ASSIGN(const std::string text, enable_feature(found.value_or(""), path));
  actions.tell(Act::write, path, text);
  if (actions.dry_run()) {
    return {};
  }
  const bool for_all = path.starts_with("/etc/");
  TRY(make_dirs(actions.fs(), parent_dir(path), for_all ? 0755 : 0700));
  return replace_file(actions.fs(), path, text, for_all ? 0644 : 0600);
}

void advise(const ScheduleWish& wish, const ScheduleActions& actions) {
  for (const ScheduleUser& user : wish.request.users) {
    if (!actions.fs().lstat(user.store)) {
      actions.tell(Act::warning,
                   fmt::format("{} does not exist yet: runs fail until Codex creates it",
                               user.store));
    }
  }
  if (wish.request.for_system && (wish.request.program.starts_with("/home/") ||
                                  wish.request.program.starts_with("/root/"))) {
    actions.tell(
        Act::warning,
        fmt::format("{} is in a home directory, which other users may not read; install "
                    "coldpress where every user can read it, then install again",
                    wish.request.program));
  }
}

Result<void> install(const ScheduleWish& wish, const ScheduleActions& actions) {
  if (!wish.feature_off.empty()) {
    return Fail(Error{Errc::invalid, 0, "schedule", "", {wish.feature_off}});
  }
  TRY(check_schedule(wish.request, actions));
  for (const std::string& file : wish.files_to_enable) {
    TRY(turn_on(file, actions));
  }
  TRY(install_schedule(wish.request, actions));
  advise(wish, actions);
  return {};
}

// The worst of all users.
Result<int>
look(const Context& context, const ScheduleWish& wish, const ScheduleActions& actions) {
  TRY_ASSIGN(const std::vector<ScheduleStatus> all,
             look_at_schedule(wish.request, actions, settings_of_timers(context)));
  const WallTime now = context.clock.wall();
  int worst = 0;
  if (all.empty()) { // of the system, without names
    if (!context.options.json) {
      out("not installed for any user; to install it: sudo coldpress schedule install "
          "--system USER…\n");
    }
    return static_cast<int>(Exit::failed);
  }
  for (const ScheduleStatus& status : all) {
    if (context.options.json) {
      print_line(schedule_json(status, now));
    } else {
      out("{}{}", &status == &all.front() ? "" : "\n", schedule_text(status, now));
    }
    worst = std::max(worst, static_cast<int>(schedule_exit(status, now)));
  }
  return worst;
}

Result<int> act(const Context& context) {
  const RunProgram run = [&](const SubprocessCall& call) {
    return run_subprocess(context.clock, call);
  };
  TRY_ASSIGN(const ScheduleWish wish, schedule_wish(context));
  const ScheduleActions actions(context.fs,
                                run,
                                context.options.dry_run,
                                [&](const ScheduleStep& step) { show(context, step); });
  const std::string& action = context.options.schedule.action;
  if (action == "status") {
    return look(context, wish, actions);
  }
  TRY(action == "install" ? install(wish, actions)
                          : remove_schedule(wish.request, actions));
  return 0;
}

} // namespace

void add_schedule(CLI::App& app, Options& options) {
  ScheduleOptions& schedule = options.schedule;
  app.add_option("ACTION", schedule.action, "install, remove or status")
      ->required()
      ->check(CLI::IsMember({"install", "remove", "status"}));
  app.add_option("USER", schedule.users, "with --system: users whose stores are handled");
  app.add_option(
         "--every", schedule.every, "install: interval, from 15m to 1w (default: 1d)")
      ->type_name("DURATION");
  app.add_option(
         "--kind", schedule.kind, "kind of timer (default: what this machine has)")
      ->type_name("systemd|launchd|cron");
  app.add_flag("--system",
               schedule.for_system,
               "install systemd units for the named users (needs root)");
  app.add_flag("-n,--dry-run",
               options.dry_run,
               "show files and commands without changing anything");
  app.add_option("--enable",
                 options.inputs.enable,
                 "install: turn the feature on in the configuration")
      ->type_name("FEATURE");
}

int cmd_schedule(const Context& context) {
  const auto code = act(context);
  return code ? *code : report(context, code.error());
}

} // namespace coldpress
