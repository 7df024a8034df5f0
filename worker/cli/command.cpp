#include "worker/cli/command.hpp"

#include "config/memory_bound.hpp"
#include "fsutil/log.hpp"
#include "worker/cli/command_line.hpp"
#include "worker/cli/fleet/options.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"

#include <CLI/CLI.hpp>

#include <array>

namespace coldpress {

namespace {

// What a command's --help lists of the settings: sections, or single keys of one.
constexpr std::string_view k_every_setting =
    "stores state_dir features scan publish limits pressure serve codec compat catalog "
    "metrics log";
constexpr std::string_view k_of_run =
    "state_dir features scan publish limits pressure.cpu pressure.io pressure.memory "
    "pressure.on_battery codec compat catalog metrics log";

constexpr std::array k_commands{
    Command{"plan",
            k_group_compress,
            "show what run would do to each rollout, and why",
            add_plan,
            cmd_plan,
            "state_dir features scan limits.memory codec compat log",
            "Changes nothing.\n"
            "Examples:\n"
            "  coldpress plan                          the largest gains\n"
            "  coldpress plan --roots archived,active  both trees\n"
            "  coldpress plan --all --json             each rollout with its reason"},
    Command{"run",
            k_group_compress,
            "compress cold rollouts, once",
            add_run,
            cmd_run,
            k_of_run,
            "Changes nothing unless the feature is on: in the configuration, or by\n"
            "--enable.\n"
            "Examples:\n"
            "  coldpress run --enable local_thread_store_compression\n"
            "  coldpress run --time-budget 10m --read-rate 50MiB"},
    Command{"serve",
            k_group_compress,
            "run as a daemon, compressing on a schedule",
            nullptr,
            cmd_serve,
            k_every_setting,
            "Runs in the foreground; coldpress control talks to it.\n"
            "Examples:\n"
            "  coldpress serve --enable local_thread_store_compression\n"
            "  coldpress serve --serve-every 6h --pressure-min-free 20GiB"},
    Command{"schedule",
            k_group_compress,
            "install, remove or show a timer that starts run",
            add_schedule,
            cmd_schedule,
            {},
            "Examples:\n"
            "  coldpress schedule install --enable local_thread_store_compression\n"
            "  coldpress schedule install --every 6h --dry-run\n"
            "  coldpress schedule status"},
    Command{"control",
            k_group_compress,
            "query or control a running serve",
            add_control,
            cmd_control,
            {},
            "Examples:\n"
            "  coldpress control status\n"
            "  coldpress control pause --for 2h"},
    Command{"status",
            k_group_inspect,
            "show recent runs, locks and leftover files",
            add_fleet,
            cmd_status,
            "state_dir features compat.shared_history log",
            "Changes nothing."},
    Command{"report",
            k_group_inspect,
            "show disk usage and savings, now and predicted",
            add_report,
            cmd_report,
            "state_dir features scan limits.memory limits.min_free codec compat log",
            "Changes nothing in the store.\n"
            "Examples:\n"
            "  coldpress report\n"
            "  coldpress report --html report.html"},
    Command{"doctor",
            k_group_inspect,
            "check the store and the machine for problems",
            add_fleet,
            cmd_doctor,
            "state_dir features scan limits pressure codec.recompress compat metrics log",
            "Changes nothing. Exits with 4 if there is a problem."},
    Command{"verify",
            k_group_inspect,
            "check that compressed rollouts are undamaged",
            add_verify,
            cmd_verify,
            "state_dir limits.jobs limits.memory limits.read_rate limits.time_budget "
            "pressure.cpu pressure.io pressure.memory pressure.on_battery log",
            "Changes no rollout. Exits with 4 if there is damage.\n"
            "Examples:\n"
            "  coldpress verify --sample 5%\n"
            "  coldpress verify --receipts receipts.jsonl"},
    Command{"list",
            k_group_threads,
            "list threads, compressed or not",
            add_list,
            cmd_list,
            {},
            "Examples:\n"
            "  coldpress list --project ~/work --since 90d\n"
            "  coldpress list --sort size --limit 10 --json"},
    Command{"show",
            k_group_threads,
            "show the turns and messages of a thread",
            add_show,
            cmd_show,
            {},
            "Examples:\n"
            "  coldpress show 01a010c2-3c40-78bd-ab0e-7158decdabe4\n"
            "  coldpress show 01a010c2-3c40-78bd-ab0e-7158decdabe4 --html thread.html"},
    Command{"search",
            k_group_threads,
            "search the text of all threads",
            add_search,
            cmd_search,
            {},
            "Examples:\n"
            "  coldpress search retry budget --since 2026-03-01 --until 2026-06-01\n"
            "  coldpress search '\"exact phrase\" AND (pre* OR other) NOT third'\n"
            "  coldpress search --scan 'ECONNRESET'    no index needed"},
    Command{"index",
            k_group_threads,
            "build, check or drop the index of list and search",
            add_index,
            cmd_index,
            {},
            "Examples:\n"
            "  coldpress index build\n"
            "  coldpress index status"},
    Command{"cat",
            k_group_threads,
            "print a rollout, compressed or not",
            add_cat,
            cmd_cat,
            {},
            "Example:\n"
            "  coldpress cat 01a010c2-3c40-78bd-ab0e-7158decdabe4 | head -1"},
    Command{"append",
            k_group_threads,
            "append JSON lines from standard input to a thread",
            add_append,
            cmd_append,
            {},
            "Example:\n"
            "  coldpress append 01a010c2-3c40-78bd-ab0e-7158decdabe4 < records.jsonl"},
    Command{"lease",
            k_group_threads,
            "run a command while holding a thread's writer lock",
            add_lease,
            cmd_lease,
            {},
            "Example:\n"
            "  coldpress lease 01a010c2-3c40-78bd-ab0e-7158decdabe4 --wait 5s -- ./edit"},
    Command{
        "restore",
        k_group_repair,
        "decompress rollouts in place",
        add_restore,
        cmd_restore,
        "state_dir scan.cold_after scan.settle publish.reap_grace limits.min_free log",
        "A restored rollout is not compressed again for scan.cold_after.\n"
        "Examples:\n"
        "  coldpress restore 01a010c2-3c40-78bd-ab0e-7158decdabe4\n"
        "  coldpress restore --all                 undo all compression"},
    Command{"sweep",
            k_group_repair,
            "clean up after an interrupted run",
            add_sweep,
            cmd_sweep,
            "state_dir scan.settle publish.reap_grace log",
            "Works without the feature."},
    Command{
        "unlock",
        k_group_repair,
        "remove the store lock of a process that is gone",
        nullptr,
        cmd_unlock,
        "log",
        "Needed only after a crash on another host of a network file system, to start\n"
        "before the lock expires (2 min). Refuses while the process lives."},
    Command{"config",
            k_group_program,
            "show all settings and where each value comes from",
            nullptr,
            cmd_config,
            k_every_setting},
    Command{"completion",
            k_group_program,
            "print a shell completion script",
            add_completion,
            cmd_completion,
            {},
            "Examples:\n"
            "  coldpress completion bash > \\\n"
            "    ~/.local/share/bash-completion/completions/coldpress\n"
            "  coldpress completion zsh > ~/.zfunc/_coldpress    a directory of $fpath\n"
            "  coldpress completion fish > ~/.config/fish/completions/coldpress.fish"},
    Command{"version", k_group_program, "show the version", nullptr, cmd_version},
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
  const FleetOptions& fleet = line.options.fleet;
  const bool several = !fleet.stores_from.empty() && fleet.merge.empty();
  return with_lost_output(context,
                          several ? run_on_stores(context, line.chosen->name)
                                  : line.chosen->run(context));
}

} // namespace coldpress
