#pragma once

#include "config/load.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace coldpress {

struct ScheduleOptions {
  std::string action; // install, remove, status
  std::vector<std::string> users;
  std::string every; // empty: the default
  std::string kind;  // empty: what there is
  bool for_system = false;
};

struct CatOptions {
  std::optional<std::uint64_t> from_line;
  std::optional<std::uint64_t> from_offset;
  std::optional<std::uint64_t> tail;
  bool reverse = false;
  bool follow = false;
};

// What the command line says, of all commands together; each uses its part.
struct Options {
  LoadInputs inputs;        // --config, --enable and one flag for each setting
  std::string program_name; // argv[0]
  bool json = false;
  bool quiet = false;
  bool dry_run = false; // run, schedule
  bool until_eof = false;
  bool retry_busy = false;           // run
  bool all = false;                  // plan, report, restore, control
  bool orphans = false;              // sweep
  std::string sample;                // verify
  std::vector<std::string> rollouts; // cat, restore, verify
  std::string shell;                 // completion
  std::string action;                // control
  std::string pause_for;             // control pause
  std::string pause_until;           // control pause
  std::uint32_t largest = 10;        // report
  std::string html;                  // report: the page's file; empty: none
  ScheduleOptions schedule;
  CatOptions cat;
  std::string thread;               // append, lease
  std::string wait;                 // append, lease: a duration; empty: not at all
  std::string sync;                 // append
  bool is_new = false;              // append
  bool materialize = false;         // lease
  std::vector<std::string> command; // lease: to be run
};

// --store, --config, --json, --quiet.
void add_common(CLI::App& app, Options& options);

// One flag for each setting of config/keys.hpp, and --enable.
void add_settings(CLI::App& app, Options& options);

// Whether `flag`, as "--cold-after", is one of those.
bool is_setting_flag(std::string_view flag);

} // namespace coldpress
