#pragma once

#include "fsutil/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// How a setting was written. `text` is the environment and flags, where everything is
// text; the others are TOML's.
enum class ValueKind : std::uint8_t { text, string, integer, boolean, list, other };

// What relative and "~" paths of one source mean.
struct PathRules {
  std::string home; // absolute, or empty if not known
  std::string base; // absolute directory, or empty if it is gone
};

// A setting as it was given, not yet understood. `items` is what a list holds, and one
// text otherwise; empty for ValueKind::other.
struct Given {
  ValueKind kind = ValueKind::text;
  std::string_view noun = "text"; // "an integer", for messages
  std::vector<std::string> items;
  PathRules paths;
};

// Errc::invalid with one sentence for the user.
Fail refuse(std::string sentence);
// The same with the sentence of an error from below.
Fail refuse_as(const Error& error);
// Says what the value is and what to write instead.
Fail wrong_type(const Given& given, std::string_view write);

// One text, wherever it comes from.
bool is_string(const Given& given);

// A TOML basic string. Bytes that are no UTF-8 are shown as printable() does: TOML has
// no form for them.
std::string quoted(std::string_view text);

// "~", "~/x" and relative paths made absolute, without "/" at the end. Links and ".." are
// left as they are. Errors: empty, "~" or a relative path where
// the rules cannot tell, and "~name".
Result<std::string> absolute_path(const std::string& written, const PathRules& rules);

} // namespace coldpress
