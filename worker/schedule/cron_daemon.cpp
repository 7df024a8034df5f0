#include "worker/schedule/cron_daemon.hpp"

#include <algorithm>
#include <array>

namespace coldpress {

namespace {

constexpr std::array<std::string_view, 4> k_names{"cron", "crond", "fcron", "dcron"};

std::string name_of_process(Fs& fs, const std::string& root, const std::string& pid) {
  constexpr std::size_t k_small = 4096;
  auto text = read_small(fs, root + "/proc/" + pid + "/comm", k_small);
  if (!text) {
    return {};
  }
  text->erase(std::min(text->find('\n'), text->size()));
  return std::move(*text);
}

} // namespace

std::optional<bool> cron_runs(Fs& fs, const std::string& root) {
  const auto processes = fs.list_dir(root + "/proc");
  // Where processes of others are hidden (hidepid), nobody can tell.
  if (!processes || name_of_process(fs, root, "1").empty()) {
    return std::nullopt;
  }
  return std::any_of(processes->begin(), processes->end(), [&](const DirEntry& entry) {
    const bool is_process = !entry.name.empty() && entry.name.find_first_not_of(
                                                       "0123456789") == std::string::npos;
    const std::string name =
        is_process ? name_of_process(fs, root, entry.name) : std::string();
    return std::find(k_names.begin(), k_names.end(), name) != k_names.end();
  });
}

} // namespace coldpress
