#include "fsutil/pressure.hpp"

#include <algorithm>
#include <charconv>

namespace coldpress {

namespace {

constexpr std::size_t k_small = 4096;

// The number before the point in "some avg10=12.34 avg60=...".
std::optional<std::uint32_t> some_avg10(std::string_view text) {
  constexpr std::string_view k_begin = "some avg10=";
  if (!text.starts_with(k_begin)) {
    return std::nullopt;
  }
  std::uint32_t percent = 0;
  const char* begin = text.data() + k_begin.size();
  const auto read = std::from_chars(begin, text.data() + text.size(), percent);
  return read.ec == std::errc{} ? std::optional(percent) : std::nullopt;
}

// Empty if it is not there.
std::string word_in(Fs& fs, const std::string& path) {
  auto text = read_small(fs, path, k_small);
  if (!text) {
    return {};
  }
  text->erase(std::min(text->find('\n'), text->size()));
  return std::move(*text);
}

std::optional<std::uint32_t> pressure(Fs& fs, const std::string& path) {
  const auto text = read_small(fs, path, k_small);
  return text ? some_avg10(*text) : std::nullopt;
}

} // namespace

MachineLoad read_pressure(Fs& fs, const std::string& root) {
  MachineLoad load;
  load.cpu = pressure(fs, root + "/proc/pressure/cpu");
  load.io = pressure(fs, root + "/proc/pressure/io");
  load.memory = pressure(fs, root + "/proc/pressure/memory");
  return load;
}

std::optional<bool> read_on_battery(Fs& fs, const std::string& root) {
  const std::string dir = root + "/sys/class/power_supply";
  const auto supplies = fs.list_dir(dir);
  if (!supplies) {
    return std::nullopt;
  }
  std::optional<bool> found;
  for (const DirEntry& supply : *supplies) {
    const std::string path = join_path(dir, supply.name);
    if (word_in(fs, join_path(path, "online")) == "1") {
      return false;
    }
    // The battery of a mouse has the scope "Device".
    const bool discharging = word_in(fs, join_path(path, "status")) == "Discharging" &&
                             word_in(fs, join_path(path, "scope")) != "Device";
    found = found.value_or(false) || discharging;
  }
  return found;
}

} // namespace coldpress
