#include "worker/cli/schedule_request.hpp"

#include "config/find_file.hpp"
#include "fsutil/text.hpp"
#include "locking/process_id.hpp"
#include "worker/cli/schedule_users.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace coldpress {

namespace {

constexpr const char* k_enable = "--enable local_thread_store_compression";

Fail refused(std::string sentence, Errc code = Errc::invalid) {
  return Fail(Error{code, 0, "schedule", "", {std::move(sentence)}});
}

Result<ScheduleKind> kind_of(const Context& context, const std::string& runtime_dir) {
  const ScheduleOptions& options = context.options.schedule;
  for (const ScheduleKind kind :
       {ScheduleKind::systemd, ScheduleKind::launchd, ScheduleKind::cron}) {
    if (options.kind == name_of(kind)) {
      return kind;
    }
  }
  if (!options.kind.empty()) {
    return refused("--kind is systemd, launchd or cron");
  }
  return options.for_system ? ScheduleKind::systemd
                            : usual_kind(context.fs, false, runtime_dir);
}

// The name this program was called by, made absolute, if that is this program: it stays
// true when a link of that name is moved to a new version. Else the file itself.
Result<std::string> running_program(const Context& context) {
  Fs& fs = context.fs;
  std::vector<std::string> places;
  const std::string& name = context.options.program_name;
  if (name.find('/') != std::string::npos) {
    const auto dir = fs.real_path(parent_dir(name));
    places.push_back(name.front() == '/' || !dir ? name
                                                 : join_path(*dir, base_name(name)));
  } else {
    const std::string path = variable(context.options.inputs, "PATH");
    for (std::string_view rest = path; !rest.empty();) {
      const std::string_view dir = rest.substr(0, rest.find(':'));
      places.push_back(join_path(dir, name));
      rest.remove_prefix(std::min(rest.size(), dir.size() + 1));
    }
  }
  const auto self = fs.real_path("/proc/self/exe");
  for (const std::string& place : places) {
    const auto real =
        place.starts_with("/") ? fs.real_path(place) : Result<std::string>();
    if (real && !real->empty() && (!self || *real == *self)) {
      return place;
    }
  }
  return self ? self
              : refused("the path of this program is not known; call it by its path");
}

// What this command sees and a timer would not: it goes into the timer's command, or is
// refused.
Result<std::vector<std::string>> arguments_for_timer(const Context& context,
                                                     const LoadInputs& inputs,
                                                     const LoadedSettings& loaded) {
  std::vector<std::string> arguments;
  std::string file = loaded.config_file;
  const std::string usual = join_path(home_of(inputs), ".config/coldpress/config.toml");
  if (file.empty() && own_config_path(inputs) != usual) {
    file = own_config_path(inputs); // where --enable writes it
  }
  if (!file.empty() && file != usual && file != k_site_config) {
    const auto dir = context.fs.real_path(parent_dir(file));
    arguments = {"--config", dir ? join_path(*dir, base_name(file)) : file};
  }
  for (const EffectiveValue& value : loaded.values) {
    const bool given = value.origin.starts_with("$") || value.origin.starts_with("--");
    if (given && value.key == "store") {
      arguments.insert(arguments.end(), {"--store", loaded.settings.store});
    } else if (given) {
      return refused(fmt::format(
          "{} is set by {}, which a timer does not see; set it in the configuration",
          value.key,
          value.origin));
    }
  }
  return arguments;
}

// Settings without --enable: as a timer finds them.
Result<LoadedSettings> load_for_timer(LoadInputs inputs) {
  LoadInputs once = inputs;
  TRY(load_settings(once)); // says what is wrong with --enable, too
  inputs.enable.clear();
  return load_settings(inputs);
}

// The configuration that --enable would change for them.
std::string file_to_enable(const Context& context,
                           const LoadInputs& inputs,
                           const LoadedSettings& loaded) {
  return !loaded.config_file.empty()           ? loaded.config_file
         : context.options.schedule.for_system ? k_site_config
                                               : own_config_path(inputs);
}

// Somebody has written it down; else it is off because nobody spoke of it.
bool is_turned_off(const LoadedSettings& loaded) {
  return std::any_of(
      loaded.values.begin(), loaded.values.end(), [](const EffectiveValue& value) {
        return value.key == "features.local_thread_store_compression" &&
               value.origin != "default";
      });
}

void ask_for_feature(const Context& context,
                     const LoadInputs& inputs,
                     const LoadedSettings& loaded,
                     ScheduleUser& user,
                     ScheduleWish& wish) {
  const std::string file = file_to_enable(context, inputs, loaded);
  const ScheduleOptions& options = context.options.schedule;
  // The file of another user, or of all: the unit of this one turns it on instead.
  const bool by_unit = options.for_system && file != inputs.config_path;
  if (by_unit && file != k_site_config && is_turned_off(loaded)) {
    wish.feature_off =
        fmt::format("{} turns the feature off, and only {} should change that: "
                    "local_thread_store_compression = true in its section [features]",
                    file,
                    user.name);
  } else if (context.options.inputs.enable.empty()) {
    const std::string whose =
        options.for_system ? fmt::format(" --system {}", fmt::join(options.users, " "))
                           : std::string();
    wish.feature_off = fmt::format("the feature is off, so a timer would change nothing; "
                                   "to turn it on in {}: coldpress schedule install{} {}",
                                   by_unit ? "the unit of that user" : file,
                                   whose,
                                   k_enable);
  } else if (by_unit) {
    user.feature_by_unit = true;
  } else if (std::find(wish.files_to_enable.begin(), wish.files_to_enable.end(), file) ==
             wish.files_to_enable.end()) {
    wish.files_to_enable.push_back(file);
  }
}

Result<void> check_arguments(const std::vector<std::string>& arguments) {
  for (const std::string& text : arguments) {
    if (printable(text) != text) {
      return refused("a path in the timer's command has bytes that cannot be written "
                     "there: " +
                     printable(text));
    }
  }
  return {};
}

bool is_action(const Context& context, std::string_view action) {
  return context.options.schedule.action == action;
}

// Where a run has to write for metrics.textfile: its directory, or the file's.
std::string dir_of_metrics(Fs& fs, const Settings& settings) {
  const std::string& path = settings.metrics.textfile;
  if (path.empty()) {
    return {};
  }
  const auto stat = fs.lstat(path);
  return stat && stat->type == FileType::directory ? path : parent_dir(path);
}

Result<void> add_user(const Context& context,
                      const LoadInputs& inputs,
                      ScheduleUser user,
                      ScheduleWish& wish) {
  auto loaded = load_for_timer(inputs);
  if (!loaded && is_action(context, "install")) { // the others work whatever they are
    return Fail(std::move(loaded.error()));
  }
  if (loaded) {
    user.store = loaded->settings.store;
    user.state_dir = loaded->settings.state_dir;
    user.metrics_dir = dir_of_metrics(context.fs, loaded->settings);
  }
  if (is_action(context, "install")) {
    if (user.store.empty()) {
      return refused(
          fmt::format("{} stores are configured, and a timer handles one: use coldpress "
                      "serve for all of them, or name one with --store DIR",
                      loaded->settings.stores.size()));
    }
    TRY_ASSIGN(user.arguments, arguments_for_timer(context, inputs, *loaded));
    TRY(check_arguments(user.arguments));
    if (!loaded->settings.compression_enabled) {
      ask_for_feature(context, inputs, *loaded, user, wish);
    }
  }
  wish.request.users.push_back(std::move(user));
  return {};
}

ScheduleUser no_longer_there(const std::string& name) {
  ScheduleUser user;
  user.name = name;
  return user;
}

Result<void> add_users_of_system(const Context& context, ScheduleWish& wish) {
  const ScheduleOptions& options = context.options.schedule;
  if (wish.request.kind != ScheduleKind::systemd) {
    return refused("--system is for systemd; without it, each user runs coldpress "
                   "schedule install");
  }
  std::vector<std::string> names = options.users;
  if (names.empty() && is_action(context, "status")) {
    names = scheduled_users(context.fs);
  } else if (names.empty()) {
    return refused("--system needs the users: coldpress schedule install --system USER…");
  }
  if (context.uid != 0 && options.action != "status" && !context.options.dry_run) {
    return refused("--system needs root: sudo coldpress schedule … --system; without it "
                   "the timer is yours alone",
                   Errc::denied);
  }
  if (!context.options.inputs.flags.empty() && options.users.size() > 1) {
    return refused("one store belongs to one user: name one user with --store");
  }
  for (const std::string& name : names) {
    TRY(check_user_name(name));
    auto found = find_user(name);
    if (!found && is_action(context, "install")) { // the others also of one that is gone
      return Fail(std::move(found.error()));
    }
    ScheduleUser user = found ? std::move(*found) : no_longer_there(name);
    LoadInputs inputs = context.options.inputs;
    inputs.environment = {{"HOME", user.home}}; // nothing of root's
    TRY(add_user(context, inputs, std::move(user), wish));
  }
  return {};
}

Result<void> add_this_user(const Context& context, ScheduleWish& wish) {
  const LoadInputs& inputs = context.options.inputs;
  if (!context.options.schedule.users.empty()) {
    return refused("users are named with --system only; without it the timer is yours");
  }
  ScheduleUser user;
  user.uid = context.uid;
  user.home = home_of(inputs);
  if (user.home.empty()) {
    return refused("HOME is not set, and the timer's files belong there");
  }
  for (const char* name : {"USER", "LOGNAME"}) {
    user.name = user.name.empty() ? variable(inputs, name) : user.name;
  }
  user.name = user.name.empty() ? std::to_string(user.uid) : user.name;
  return add_user(context, inputs, std::move(user), wish);
}

} // namespace

Result<ScheduleWish> schedule_wish(const Context& context) {
  const LoadInputs& inputs = context.options.inputs;
  const ScheduleOptions& options = context.options.schedule;
  ScheduleWish wish;
  ScheduleRequest& request = wish.request;
  request.for_system = options.for_system;
  const std::string config_home = variable(inputs, "XDG_CONFIG_HOME");
  request.config_home =
      config_home.starts_with("/") ? config_home : join_path(home_of(inputs), ".config");
  request.runtime_dir = variable(inputs, "XDG_RUNTIME_DIR");
  if (request.runtime_dir.empty()) {
    request.runtime_dir = fmt::format("/run/user/{}", context.uid);
  }
  request.host = this_process().host;
  TRY_ASSIGN(request.kind, kind_of(context, request.runtime_dir));
  request.any_kind = options.kind.empty() && !options.for_system;
  if (!options.every.empty()) {
    TRY_ASSIGN(request.every, parse_every(options.every));
  }
  TRY_ASSIGN(request.program, running_program(context));
  if (printable(request.program) != request.program) {
    return refused("the path of this program has bytes that no timer supports: " +
                   printable(request.program));
  }
  if (request.kind == ScheduleKind::systemd &&
      request.program.find_first_of("\"'\\") != std::string::npos) {
    return refused(
        "systemd cannot start a program with a quote or a backslash in its path: " +
        request.program);
  }
  if (options.for_system) {
    TRY(add_users_of_system(context, wish));
  } else {
    TRY(add_this_user(context, wish));
  }
  return wish;
}

SettingsOf settings_of_timers(const Context& context) {
  return [&context](const ScheduleUser& user,
                    const ScheduleStatus& status) -> Result<TimerSettings> {
    if (user.home.empty()) {
      return refused("there is no user " + user.name);
    }
    LoadInputs inputs = context.options.inputs;
    if (status.for_system || status.enabled || !status.files.empty()) {
      inputs = {};
      inputs.environment = status.environment;
      inputs.environment["HOME"] = user.home;
      for (std::size_t i = 0; i + 1 < status.arguments.size(); i += 2) {
        const std::string& value = status.arguments[i + 1];
        if (status.arguments[i] == "--config") {
          inputs.config_path = value;
        } else {
          inputs.flags.emplace_back("store", value);
        }
      }
    }
    TRY_ASSIGN(const LoadedSettings loaded, load_for_timer(std::move(inputs)));
    const Settings& settings = loaded.settings;
    TimerSettings found{settings.store,
                        settings.state_dir,
                        dir_of_metrics(context.fs, settings),
                        settings.limits.memory_bytes,
                        settings.compression_enabled,
                        context.fs.lstat(settings.store).has_value()};
    for (const std::string& store : settings.stores) { // several: serve's
      found.store_there = found.store_there || context.fs.lstat(store).has_value();
    }
    return found;
  };
}

} // namespace coldpress
