#include "fsutil/group_memory.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <vector>

namespace coldpress {

namespace {

constexpr std::size_t k_small = 64U << 10U;

// The files of one of the two versions.
struct Names {
  std::string mount;
  std::vector<std::string_view> limits;
  std::string_view usage;
  std::array<std::string_view, 2> reclaimable; // lines of memory.stat
};

const Names& unified_names() {
  static const Names names{"/sys/fs/cgroup",
                           {"memory.max", "memory.high"},
                           "memory.current",
                           {"inactive_file", "active_file"}};
  return names;
}

const Names& old_names() {
  static const Names names{"/sys/fs/cgroup/memory",
                           {"memory.limit_in_bytes"},
                           "memory.usage_in_bytes",
                           {"total_inactive_file", "total_active_file"}};
  return names;
}

std::string text_of(Fs& fs, const std::string& path) {
  auto text = read_small(fs, path, k_small);
  return text ? std::move(*text) : std::string();
}

// Empty for "max" and for whatever is no number.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

// The rest of the line that begins so.
std::optional<std::string_view> after(std::string_view text, std::string_view begin) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(begin)) {
      return line.substr(begin.size());
    }
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return std::nullopt;
}

// "/a" of the line "4:cpu,memory:/a" that names the controller memory.
std::optional<std::string_view> old_path(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) {
      continue;
    }
    const std::string names =
        "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    if (names.find(",memory,") != std::string::npos) {
      return line.substr(second + 1);
    }
  }
  return std::nullopt;
}

// Files that are only read give their pages back before anybody is killed.
std::uint64_t in_use(Fs& fs, const std::string& dir, const Names& names) {
  const auto usage = number(text_of(fs, join_path(dir, names.usage)));
  const std::string stat = text_of(fs, join_path(dir, "memory.stat"));
  std::uint64_t files = 0;
  for (const std::string_view name : names.reclaimable) {
    const auto rest = after(stat, std::string(name) + " ");
    files += rest ? number(*rest).value_or(0) : 0;
  }
  const std::uint64_t used = usage.value_or(0);
  return used - std::min(used, files);
}

std::optional<std::uint64_t>
limit_of(Fs& fs, const std::string& dir, const Names& names) {
  std::optional<std::uint64_t> least;
  for (const std::string_view name : names.limits) {
    if (const auto limit = number(text_of(fs, join_path(dir, name)))) {
      least = std::min(least.value_or(*limit), *limit);
    }
  }
  // Version 1 says "no limit" by a number no machine has.
  constexpr std::uint64_t k_no_limit = std::uint64_t{1} << 60U;
  return least && *least < k_no_limit ? least : std::nullopt;
}

} // namespace

std::optional<GroupMemory> read_group_memory(Fs& fs, const std::string& root) {
  const std::string groups = text_of(fs, root + "/proc/self/cgroup");
  const auto old = old_path(groups);
  const auto path = old ? old : after(groups, "0::");
  if (!path) {
    return std::nullopt;
  }
  const Names& names = old ? old_names() : unified_names();
  const std::string top = root + names.mount;
  std::optional<GroupMemory> found;
  // Each group on the way up holds for us. A container may see only the last of them.
  for (std::string dir = top + std::string(*path == "/" ? "" : *path);
       dir.starts_with(top);
       dir = parent_dir(dir)) {
    const auto limit = limit_of(fs, dir, names);
    if (!limit) {
      continue;
    }
    const std::uint64_t left = *limit - std::min(*limit, in_use(fs, dir, names));
    found = found
                ? GroupMemory{std::min(found->limit, *limit), std::min(found->left, left)}
                : GroupMemory{*limit, left};
  }
  return found;
}

} // namespace coldpress
