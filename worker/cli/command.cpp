#include "worker/cli/command.hpp"

#include "fsutil/log.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>

namespace coldpress {

namespace {

constexpr std::array k_commands{
    Command{
        "plan", "show what run would do, and why; changes nothing", add_plan, cmd_plan},
    Command{"run", "press what is cold, once", add_run, cmd_run},
    Command{"serve",
            "stay, and press what gets cold: a pass a day, and when told",
            add_settings,
            cmd_serve},
    Command{"status",
            "show the last runs, locks and leftovers; changes nothing",
            add_settings,
            cmd_status},
    Command{"report",
            "show who takes how much room, and what pressing saves; changes nothing",
            add_report,
            cmd_report},
    Command{"cat", "print a rollout, compressed or not", add_cat, cmd_cat},
    Command{"restore", "make rollouts plain again", add_restore, cmd_restore},
    Command{"sweep", "put right what an interrupted run has left", add_sweep, cmd_sweep},
    Command{"verify",
            "read compressed rollouts and tell what is damaged",
            add_verify,
            cmd_verify},
    Command{"doctor",
            "look for what is wrong, and say what to do; changes nothing",
            add_settings,
            cmd_doctor},
    Command{
        "unlock", "remove a store lock whose holder is gone", add_settings, cmd_unlock},
    Command{"control",
            "ask the coldpress serve of a store, and tell it what to do",
            add_control,
            cmd_control},
    Command{"schedule",
            "install, remove or show a timer that starts run",
            add_schedule,
            cmd_schedule},
    Command{"config",
            "show the settings and where each comes from",
            add_settings,
            cmd_config},
    Command{"version", "show the version", nullptr, cmd_version},
};

constexpr const char* k_footer =
    "run changes nothing unless the feature local_thread_store_compression is on: in "
    "the\n"
    "configuration, or for one run with --enable local_thread_store_compression.\n"
    "Start with: coldpress plan";

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      flags.push_back("--" + name);
    }
  }
  return flags;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& command : k_commands) {
    names.emplace_back(command.name);
  }
  return names;
}

std::string suggestion(const std::string& typed, const std::vector<std::string>& words) {
  const std::string near = nearest(typed, words);
  return near.empty() ? "" : fmt::format("; did you mean {}?", near);
}

// What is wrong with the command line, in one line, and where to read on.
int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    return app.exit(error); // --help, --version
  }
  const auto chosen = app.get_subcommands();
  const std::string name = chosen.empty() ? "" : " " + chosen.front()->get_name();
  const auto strangers = app.remaining(true);
  // The parser puts a flag it does not know behind the words after it.
  const auto flag =
      std::find_if(strangers.begin(), strangers.end(), [](const std::string& word) {
        return word.starts_with("-");
      });
  std::string what = error.what();
  if (flag != strangers.end()) {
    const CLI::App& where = chosen.empty() ? app : *chosen.front();
    const std::string typed = flag->substr(0, flag->find('='));
    what = is_setting_flag(typed)
               ? fmt::format("{} is a setting; here only the configuration can say it",
                             typed)
               : fmt::format("no flag {}{}", typed, suggestion(typed, flags_of(where)));
  } else if (!strangers.empty()) {
    what = chosen.empty() ? fmt::format("no command {}{}",
                                        strangers.front(),
                                        suggestion(strangers.front(), command_names()))
                          : fmt::format("{} takes no {}",
                                        chosen.front()->get_name(),
                                        strangers.front());
  }
  err("coldpress: {}\ncoldpress{} --help shows what there is\n", printable(what), name);
  return static_cast<int>(Exit::usage);
}

Exit exit_for(const Error& error) {
  switch (error.code) {
  case Errc::busy:
  case Errc::lost_lock:
    return Exit::busy;
  case Errc::corrupt: // damage, which is kept as it is
    return Exit::needs_a_person;
  case Errc::invalid: // the configuration, or something on the command line
    return Exit::usage;
  default:
    return Exit::failed;
  }
}

} // namespace

std::span<const Command> all_commands() {
  return k_commands;
}

int report(const Context& context, const Error& error) {
  err("coldpress: {}\n", printable(describe(error)));
  if (context.options.json) {
    print_line(json_of(error));
  }
  return static_cast<int>(exit_for(error));
}

Result<LoadedSettings> load(const Context& context) {
  TRY_ASSIGN(LoadedSettings loaded, load_settings(context.options.inputs));
  set_up_log(log_level_from(loaded.settings.log_level));
  return loaded;
}

Result<OpenedStore> open(const Context& context) {
  TRY_ASSIGN(LoadedSettings loaded, load(context));
  TRY_ASSIGN(Store store, open_store(context.fs, loaded.settings, context.uid));
  return OpenedStore{std::move(loaded), std::move(store)};
}

int run_command_line(int argc,
                     const char* const* argv,
                     Fs& fs,
                     const Clock& clock,
                     std::uint32_t uid,
                     std::map<std::string, std::string> environment) {
  Options options;
  options.program_name = argc > 0 ? argv[0] : "";
  options.inputs.environment = std::move(environment);
  CLI::App app(
      "coldpress: turns cold Codex rollouts into verified .jsonl.zst, beside the "
      "running Codex",
      "coldpress");
  app.footer(k_footer);
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("coldpress ") + COLDPRESS_VERSION);
  const Command* chosen = nullptr;
  for (const Command& command : k_commands) {
    CLI::App* sub =
        app.add_subcommand(std::string(command.name), std::string(command.summary));
    add_common(*sub, options);
    if (command.add != nullptr) {
      command.add(*sub, options);
    }
    sub->callback([&chosen, &command] { chosen = &command; });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  }
  const Context context{fs, clock, uid, options};
  const int code = chosen->run(context);
  if (const int lost = lost_output(); lost != 0 && code == 0) {
    return report(context, Error::from_errno(lost, "write", "standard output"));
  }
  return code;
}

} // namespace coldpress
