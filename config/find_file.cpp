#include "config/find_file.hpp"

#include "fsutil/fs.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

namespace coldpress {

namespace {

constexpr std::size_t k_limit = 1024 * 1024; // bytes

Fail unreadable(int err, const std::string& path, std::string why) {
  return Fail(Error{Errc::invalid, err, "config", path, {std::move(why)}});
}

Result<std::string> read_whole(const std::string& path, const std::string& named_by) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return unreadable(errno != 0 ? errno : EIO, path, named_by);
  }
  std::string text(k_limit + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) {
    return unreadable(EIO, path, named_by);
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > k_limit) {
    return unreadable(EFBIG, path, "a configuration has at most 1 MiB");
  }
  return text;
}

// Empty if there is nothing of that name.
Result<std::optional<ConfigFile>> read_if_there(const std::string& path,
                                                const std::string& named_by) {
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::status(path, failed);
  if (status.type() == std::filesystem::file_type::not_found) {
    return std::optional<ConfigFile>();
  }
  if (failed) {
    return unreadable(failed.value(), path, named_by);
  }
  if (status.type() == std::filesystem::file_type::directory) {
    return unreadable(EISDIR, path, named_by);
  }
  TRY_ASSIGN(std::string text, read_whole(path, named_by));
  return std::optional(ConfigFile{path, std::move(text)});
}

Result<std::optional<ConfigFile>> read_named(const std::string& path,
                                             const std::string& named_by) {
  TRY_ASSIGN(std::optional<ConfigFile> file, read_if_there(path, named_by));
  if (!file) {
    return unreadable(ENOENT, path, named_by);
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
