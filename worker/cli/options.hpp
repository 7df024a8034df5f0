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

// Of list, show, search and index.
struct CatalogOptions {
  std::string action;             // index: build, status, verify, rebuild, drop
  std::string thread;             // show
  std::vector<std::string> words; // search
  std::string scan;               // search: a literal, looked for without an index
  std::string project;
  std::string source;
  std::string since;
  std::string until;
  std::string status;
  std::string form;
  std::string family;
  bool archived = false;
  bool active = false;
  bool older = false; // list: rollouts that a newer one of their thread replaces, too
  std::string sort = "age";
  bool reverse = false;
  std::uint64_t limit = 50;
  std::uint64_t skip = 0;
  bool no_update = false;
  bool as_codex = false; // show
};

// Of the commands that work on several stores.
struct FleetOptions {
  std::string stores_from; // a file, a pattern or "-"; empty: one store
  std::string shard;       // "3/8"
  std::optional<std::uint64_t> shard_count;
  bool list_sizes = false;        // report
  std::vector<std::string> merge; // report: files of --json
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
  std::string receipts;              // verify: a file of receipts
  std::vector<std::string> rollouts; // cat, restore, verify
  std::string shell;                 // completion
  std::string action;                // control
  std::string pause_for;             // control pause
  std::string pause_until;           // control pause
  std::uint64_t largest = 10;        // report
  std::string html;                  // report, show: the page's file; empty: none
  ScheduleOptions schedule;
  CatOptions cat;
  std::string thread;               // append, lease
  std::string wait;                 // append, lease: a duration; empty: not at all
  std::string sync;                 // append
  bool is_new = false;              // append
  bool materialize = false;         // lease
  std::vector<std::string> command; // lease: to be run
  CatalogOptions catalog;
  FleetOptions fleet;
};

// --store, --config, --json, --quiet.
void add_common(CLI::App& app, Options& options);

// What is wrong with `text` where a number from 0 on is wanted, for CLI::Option::check();
// empty: nothing. The parser itself takes -1 for the largest number there is.
std::string whole_number(const std::string& text);

// One flag for each setting of config/keys.hpp, and --enable. --help and completion list
// those that `used` names: keys ("scan.settle") and sections ("scan"), with spaces
// between them. The others are taken as well, and checked: a script may give every
// command the same flags, and serve hands all of its settings to a pass.
void add_settings(CLI::App& app, Options& options, std::string_view used);

// Whether `used`, as above, names the key, or its section.
bool names_setting(std::string_view used, std::string_view key);

// Whether `flag`, as "--cold-after", is one of those.
bool is_setting_flag(std::string_view flag);

} // namespace coldpress
