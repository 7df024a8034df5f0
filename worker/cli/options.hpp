#pragma once

#include "config/load.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace coldpress {

// What the command line says, of all commands together; each uses its part.
struct Options {
  LoadInputs inputs; // --config, --enable and one flag for each setting
  bool json = false;
  bool quiet = false;
  bool dry_run = false;              // run
  bool until_eof = false;            // run
  bool all = false;                  // plan, restore, control
  bool orphans = false;              // sweep
  std::vector<std::string> rollouts; // cat, restore
  std::string shell;                 // completion
  std::string action;                // control
  std::string pause_for;             // control pause
  std::string pause_until;           // control pause
};

// --store, --config, --json, --quiet.
void add_common(CLI::App& app, Options& options);

// One flag for each setting of config/keys.hpp, and --enable.
void add_settings(CLI::App& app, Options& options);

} // namespace coldpress
