#pragma once

#include "config/given.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// One `key = value` of a file; an empty table counts as one, of ValueKind::other.
struct TomlEntry {
  std::string key; // with its sections: "scan.cold_after"
  unsigned line = 0;
  unsigned column = 0;
  Given given; // its paths are not filled in
};

// The entries in the order of the file. Errc::invalid if `text` is no TOML: `path` and a
// context of where and why.
Result<std::vector<TomlEntry>> read_toml(std::string_view text, const std::string& path);

// "config.toml:3: scan.cold_after: what": the context of every error in a file. `key` may
// be empty.
Fail refuse_at(const std::string& path,
               unsigned line,
               std::string_view key,
               std::string_view what);

} // namespace coldpress
