#include "worker/cli/command.hpp"

#include "fsutil/log.hpp"
#include "worker/cli/command_line.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"
#include "worker/run/memory_bound.hpp"

#include <CLI/CLI.hpp>

#include <array>

namespace coldpress {

namespace {

constexpr std::array k_commands{
    Command{"plan",
            "show what run would do, and why; changes nothing",
            add_plan,
            cmd_plan,
            "Examples:\n"
            "  coldpress plan                          what frees the most\n"
            "  coldpress plan --roots archived,active  both trees\n"
            "  coldpress plan --all --json             each rollout with its reason"},
    Command{"run",
            "compress what is cold, once",
            add_run,
            cmd_run,
            "Nothing is changed unless the feature is on, in the configuration or here.\n"
            "Examples:\n"
            "  coldpress run --enable local_thread_store_compression\n"
            "  coldpress run --time-budget 10m --read-rate 50MiB"},
    Command{"serve",
            "stay, and compress what gets cold: a pass a day, and when told",
            add_settings,
            cmd_serve},
    Command{"status",
            "show the last runs, locks and leftovers; changes nothing",
            add_settings,
            cmd_status},
    Command{"report",
            "show who takes how much room, and what compressing saves; changes nothing",
            add_report,
            cmd_report,
            "Examples:\n"
            "  coldpress report\n"
            "  coldpress report --html report.html"},
    Command{"list",
            "list the threads of a store, compressed or not",
            add_list,
            cmd_list,
            "Examples:\n"
            "  coldpress list --project ~/work --since 90d\n"
            "  coldpress list --sort size --limit 10 --json"},
    Command{"show",
            "show a thread: its turns and what was said in them",
            add_show,
            cmd_show,
            "Examples:\n"
            "  coldpress show 01a010c2-3c40-78bd-ab0e-7158decdabe4\n"
            "  coldpress show 01a010c2-3c40-78bd-ab0e-7158decdabe4 --html thread.html"},
    Command{"search",
            "find words in all threads",
            add_search,
            cmd_search,
            "Examples:\n"
            "  coldpress search retry budget --since 2026-03-01 --until 2026-06-01\n"
            "  coldpress search '\"exact phrase\" AND (pre* OR other) NOT third'\n"
            "  coldpress search --scan 'ECONNRESET'    without an index, byte for byte"},
    Command{"index",
            "make, check or remove the index that list and search use",
            add_index,
            cmd_index,
            "Examples:\n"
            "  coldpress index build\n"
            "  coldpress index status"},
    Command{"cat",
            "print a rollout, compressed or not",
            add_cat,
            cmd_cat,
            "Example:\n"
            "  coldpress cat 01a010c2-3c40-78bd-ab0e-7158decdabe4 | head -1"},
    Command{"append",
            "append JSON lines from standard input to a thread",
            add_append,
            cmd_append,
            "Example:\n"
            "  coldpress append 01a010c2-3c40-78bd-ab0e-7158decdabe4 < records.jsonl"},
    Command{"lease",
            "hold a thread's writer lock while a command runs",
            add_lease,
            cmd_lease,
            "Example:\n"
            "  coldpress lease 01a010c2-3c40-78bd-ab0e-7158decdabe4 --wait 5s -- ./edit"},
    Command{"restore",
            "make rollouts plain again",
            add_restore,
            cmd_restore,
            "Examples:\n"
            "  coldpress restore 01a010c2-3c40-78bd-ab0e-7158decdabe4\n"
            "  coldpress restore --all                 the way out"},
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
    Command{"completion",
            "print what makes a shell complete this program's words",
            add_completion,
            cmd_completion,
            "Examples:\n"
            "  coldpress completion bash > \\\n"
            "    ~/.local/share/bash-completion/completions/coldpress\n"
            "  coldpress completion zsh > ~/.zfunc/_coldpress    a folder of $fpath\n"
            "  coldpress completion fish > ~/.config/fish/completions/coldpress.fish"},
    Command{"version", "show the version", nullptr, cmd_version},
};

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

// Data that was lost is a failure of its own.
int with_lost_output(const Context& context, int code) {
  if (const int lost = lost_output(); lost != 0 && code == 0) {
    return report(context, Error::from_errno(lost, "write", "standard output"));
  }
  return code;
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
  loaded.settings.limits.memory_bytes =
      bounded_memory(loaded.settings.limits.memory_bytes, read_group_memory(context.fs));
  TRY_ASSIGN(Store store, open_store(context.fs, loaded.settings, context.uid));
  return OpenedStore{std::move(loaded), std::move(store)};
}

int run_command_line(int argc,
                     const char* const* argv,
                     Fs& fs,
                     const Clock& clock,
                     std::uint32_t uid,
                     std::map<std::string, std::string> environment) {
  CommandLine line;
  line.options.program_name = argc > 0 ? argv[0] : "";
  line.options.inputs.environment = std::move(environment);
  const Context context{fs, clock, uid, line.options};
  try {
    line.app->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return with_lost_output(context, usage_error(*line.app, error));
  }
  set_quiet(line.options.quiet);
  return with_lost_output(context, line.chosen->run(context));
}

} // namespace coldpress
