#pragma once

#include "config/settings.hpp"
#include "fsutil/result.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace coldpress {

// A setting and where its value came from.
struct EffectiveValue {
  std::string key;    // "scan.cold_after"
  std::string value;  // as it could be written in TOML
  std::string origin; // "default", "/etc/coldpress/config.toml:3", "$COLDPRESS_...",
                      // "--cold-after"
};

// What a program was started with. Values only: nothing here reads the process.
struct LoadInputs {
  std::string config_path;                        // --config, empty if not given
  std::map<std::string, std::string> environment; // name -> value
  std::vector<std::pair<std::string, std::string>>
      flags;                       // key -> text, as "scan.cold_after" -> "7d"
  std::vector<std::string> enable; // --enable NAME, as in Codex
};

struct LoadedSettings {
  // store and state_dir are absolute, or both empty with several stores.
  Settings settings;
  std::vector<EffectiveValue> values; // every key, in a fixed order
  std::string config_file;            // the file that was read, empty if none
};

// Defaults, then the first config file found (--config, $COLDPRESS_CONFIG,
// $XDG_CONFIG_HOME/coldpress/config.toml or ~/.config/..., /etc/coldpress/config.toml),
// then COLDPRESS_* variables, then flags. A file that is named and missing is an error; a
// default place that is missing is not. Never reads <store>/config.toml: that is Codex's.
//
// Errors are Errc::invalid: path is the file, the context says line, key, what was wrong
// and the nearest valid key.
Result<LoadedSettings> load_settings(const LoadInputs& inputs);

} // namespace coldpress
