#pragma once

#include "worker/cli/options.hpp"
#include "worker/preflight/store.hpp"

#include <span>
#include <string_view>

namespace coldpress {

// Documented in the manual; numbers are never reused.
enum class Exit : int {
  ok = 0,
  failed = 1,
  usage = 2,
  some_failed = 3,
  needs_a_person = 4,
  busy = 75,
};

// What a command works with.
struct Context {
  Fs& fs;
  const Clock& clock;
  std::uint32_t uid; // ours
  const Options& options;
};

// Headings of the list of commands.
inline constexpr std::string_view k_group_compress = "Compress";
inline constexpr std::string_view k_group_inspect = "Inspect";
inline constexpr std::string_view k_group_threads = "Read and write threads";
inline constexpr std::string_view k_group_repair = "Restore and repair";
inline constexpr std::string_view k_group_program = "Program";

struct Command {
  std::string_view name;
  std::string_view group;
  std::string_view summary;
  void (*add)(CLI::App& app, Options& options); // its own flags; null: none
  int (*run)(const Context& context);           // an exit code
  // The settings it uses, for add_settings(); empty: none of them has a flag here.
  std::string_view settings = {};
  std::string_view notes = {}; // the end of its --help
};

std::span<const Command> all_commands();

// Parses and runs; the exit code. Standard output gets data, standard error the rest.
int run_command_line(int argc,
                     const char* const* argv,
                     Fs& fs,
                     const Clock& clock,
                     std::uint32_t uid,
                     std::map<std::string, std::string> environment);

// --- for the commands

// Says what failed on stderr, and with --json on stdout, too; the code to exit with.
int report(const Context& context, const Error& error);

// Settings as the command line, the environment and the file make them. Sets the log
// level.
Result<LoadedSettings> load(const Context& context);

struct OpenedStore {
  LoadedSettings loaded;
  Store store;
};
// load() and open_store().
Result<OpenedStore> open(const Context& context);

// The command on each store of --stores-from, each in a process of its own: see
// fleet_run.cpp. The exit code.
int run_on_stores(const Context& context, std::string_view command);

// --- one file each

void add_run(CLI::App& app, Options& options);
int cmd_run(const Context& context);
int cmd_serve(const Context& context);
void add_plan(CLI::App& app, Options& options);
int cmd_plan(const Context& context);
int cmd_status(const Context& context);
void add_report(CLI::App& app, Options& options);
int cmd_report(const Context& context);
void add_cat(CLI::App& app, Options& options);
int cmd_cat(const Context& context);
void add_append(CLI::App& app, Options& options);
int cmd_append(const Context& context);
void add_lease(CLI::App& app, Options& options);
int cmd_lease(const Context& context);
void add_restore(CLI::App& app, Options& options);
int cmd_restore(const Context& context);
void add_sweep(CLI::App& app, Options& options);
int cmd_sweep(const Context& context);
void add_verify(CLI::App& app, Options& options);
int cmd_verify(const Context& context);
void add_list(CLI::App& app, Options& options);
int cmd_list(const Context& context);
void add_show(CLI::App& app, Options& options);
int cmd_show(const Context& context);
void add_search(CLI::App& app, Options& options);
int cmd_search(const Context& context);
void add_index(CLI::App& app, Options& options);
int cmd_index(const Context& context);
int cmd_unlock(const Context& context);
int cmd_doctor(const Context& context);
void add_control(CLI::App& app, Options& options);
int cmd_control(const Context& context);
void add_schedule(CLI::App& app, Options& options);
int cmd_schedule(const Context& context);
int cmd_config(const Context& context);
void add_completion(CLI::App& app, Options& options);
int cmd_completion(const Context& context);
int cmd_version(const Context& context);

} // namespace coldpress
