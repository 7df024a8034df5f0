#pragma once

#include "config/load.hpp"

#include <optional>
#include <string>

namespace coldpress {

// The value of a variable; empty if it is not set.
std::string variable(const LoadInputs& inputs, const std::string& name);

// $HOME if it is an absolute path, empty otherwise.
std::string home_of(const LoadInputs& inputs);

struct ConfigFile {
  std::string path; // as it was named, or the default place
  std::string text;
};

// The first of --config, $COLDPRESS_CONFIG and the default places, read whole. Empty if
// none is named and no default place has one. Errc::invalid if a named one is missing,
// or any is there and cannot be read, is a directory or larger than 1 MiB.
Result<std::optional<ConfigFile>> find_config_file(const LoadInputs& inputs);

// The default place that is the user's own, whether or not there is a file; empty if
// neither $XDG_CONFIG_HOME nor $HOME says where.
std::string own_config_path(const LoadInputs& inputs);

// The default place for all users of the machine.
inline constexpr const char* k_site_config = "/etc/coldpress/config.toml";

} // namespace coldpress
