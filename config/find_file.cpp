#include "config/find_file.hpp"

#include "fsutil/posix_fs.hpp"

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

namespace coldpress {

namespace {

constexpr std::size_t k_limit = 1024 * 1024; // bytes

Fail unreadable(Error error, const std::string& path, const std::string& named_by) {
  error.code = Errc::invalid;
  error.path = path;
  return Fail(std::move(error).in(named_by));
}

// Empty if there is nothing of that name. Whatever is there and cannot be read whole is
// an error, a symlink to nothing, too: the next place would have other settings.
Result<std::optional<ConfigFile>> read_if_there(const std::string& path,
                                                const std::string& named_by) {
  PosixFs fs;
  const auto real = fs.real_path(path);
  if (!real && real.error().code == Errc::not_found) {
    return std::optional<ConfigFile>();
  }
  if (real && *real == "/dev/null") { // the usual way to say: none
    return std::optional(ConfigFile{path, {}});
  }
  auto text = real ? read_small(fs, *real, k_limit) : real;
  if (!text) {
    return unreadable(std::move(text.error()), path, named_by);
  }
  return std::optional(ConfigFile{path, std::move(*text)});
}

Result<std::optional<ConfigFile>> read_named(const std::string& path,
                                             const std::string& named_by) {
  TRY_ASSIGN(std::optional<ConfigFile> file, read_if_there(path, named_by));
  if (!file) {
    return unreadable(Error::from_errno(ENOENT, "config", path), path, named_by);
  }
  return file;
}

std::vector<std::string> default_places(const LoadInputs& inputs) {
  std::vector<std::string> places;
  if (std::string own = own_config_path(inputs); !own.empty()) {
    places.push_back(std::move(own));
  }
  places.emplace_back(k_site_config);
  return places;
}

} // namespace

std::string variable(const LoadInputs& inputs, const std::string& name) {
  const auto found = inputs.environment.find(name);
  return found == inputs.environment.end() ? std::string() : found->second;
}

std::string home_of(const LoadInputs& inputs) {
  const std::string home = variable(inputs, "HOME");
  return home.starts_with("/") ? home : std::string();
}

std::string own_config_path(const LoadInputs& inputs) {
  const std::string xdg = variable(inputs, "XDG_CONFIG_HOME");
  if (xdg.starts_with("/")) { // a relative one is to be ignored, says its specification
    return join_path(xdg, "coldpress/config.toml");
  }
  const std::string home = home_of(inputs);
  return home.empty() ? home : join_path(home, ".config/coldpress/config.toml");
}

Result<std::optional<ConfigFile>> find_config_file(const LoadInputs& inputs) {
  if (!inputs.config_path.empty()) {
    return read_named(inputs.config_path, "named by --config");
  }
  const std::string named = variable(inputs, "COLDPRESS_CONFIG");
  if (!named.empty()) {
    return read_named(named, "named by $COLDPRESS_CONFIG");
  }
  for (const std::string& place : default_places(inputs)) {
    TRY_ASSIGN(std::optional<ConfigFile> file, read_if_there(place, "a default place"));
    if (file) {
      return file;
    }
  }
  return std::optional<ConfigFile>();
}

} // namespace coldpress
