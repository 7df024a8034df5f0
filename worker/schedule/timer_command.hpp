#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// What a timer that is installed starts its runs with, read back from its own text. Pure;
// what is not understood is left out.

// Words as a shell takes them apart: quotes and backslashes mean nothing themselves.
std::vector<std::string> shell_words(std::string_view text);

// Of all words of a command those that choose a store: --store and --config with their
// values.
std::vector<std::string> store_arguments(const std::vector<std::string>& words);

// ExecStart= as systemctl show prints it: "{ path=… ; argv[]=… ; ignore_errors=no ; … }".
// Its words stand there without quotes: a value lasts until the next flag.
std::vector<std::string> arguments_of_exec(std::string_view shown);

// A line of a crontab, its five fields, command and mark.
std::vector<std::string> arguments_of_cron(std::string_view line);

// ProgramArguments of a property list.
std::vector<std::string> arguments_of_plist(std::string_view text);

// Environment= as systemctl show prints it.
std::map<std::string, std::string> environment_of(std::string_view shown);

} // namespace coldpress
