#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// The units as they are packaged, built into the program: packaging/systemd is where they
// are written. `name`: "user/coldpress.timer"; and "launchd/coldpress.run.plist".
std::string_view packaged_unit(std::string_view name);

// The program whose path stands in the packaged units.
inline constexpr std::string_view k_packaged_program = "/usr/bin/coldpress";

// `text` with the value of the one line "key=..." changed.
std::string
with_value(std::string_view text, std::string_view key, std::string_view value);
// The value of the first line "key=...", or empty.
std::string value_in(std::string_view text, std::string_view key);

// A command as ExecStart= takes it: words with blanks, quotes, '%' and '$' mean
// themselves.
std::string exec_line(const std::vector<std::string>& command);
// A path as ConditionFileIsExecutable= takes it: without quotes.
std::string condition_path(std::string_view path);
// One word of a setting that takes paths, as ReadWritePaths=.
std::string unit_word(std::string_view word);

} // namespace coldpress
