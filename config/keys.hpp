#pragma once

#include "config/given.hpp"
#include "config/settings.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// One thing a user can set. Its default is what Settings{} holds. Everything that reads
// or shows settings goes by the table of these.
struct Key {
  std::string_view name;    // "scan.cold_after"
  std::string_view meaning; // a line for --help
  std::string_view written; // what to write: "DURATION|auto", "ignore|wait"
  bool is_list;
  // Errc::invalid with one sentence; `settings` is as before then.
  Result<void> (*set)(Settings& settings, const Given& given);
  std::string (*show)(const Settings& settings); // as it could be written in TOML
  std::string (*text)(const Settings& settings); // as its variable and its flag take it
};

// All of them, in the order in which they are shown.
std::span<const Key> all_keys();

// Null if there is none.
const Key* find_key(std::string_view name);
const Key* find_key_of_variable(std::string_view variable);

// True for "scan" and the like.
bool is_section(std::string_view name);

// "COLDPRESS_SCAN_COLD_AFTER"
std::string variable_of(const Key& key);

// The flag that sets it: the last word of its name, "--cold-after", or all of it where
// that word is not the key's alone, "--codec-level", or says too little,
// "--pressure-io", "--serve-every".
std::string flag_of(const Key& key);

// Flags that make exactly these settings of the defaults: "--cold-after=3d", one word
// each. But for `stores`: `store` must be set.
std::vector<std::string> flags_of(const Settings& settings);

// The valid name nearest to a mistyped one, or empty.
std::string nearest_key(std::string_view typed);
std::string nearest_variable(std::string_view typed);

} // namespace coldpress
