#include "worker/catalog/codex_threads.hpp"

#include "worker/catalog/sqlite.hpp"

#include <charconv>

namespace coldpress {

namespace {

// The n of "state_<n>.sqlite".
std::optional<int> state_number(std::string_view name) {
  constexpr std::string_view k_prefix = "state_";
  constexpr std::string_view k_suffix = ".sqlite";
  if (!name.starts_with(k_prefix) || !name.ends_with(k_suffix) ||
      name.size() <= k_prefix.size() + k_suffix.size()) {
    return std::nullopt;
  }
  name.remove_prefix(k_prefix.size());
  name.remove_suffix(k_suffix.size());
  int number = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
  return read.ec == std::errc{} && read.ptr == name.data() + name.size()
             ? std::optional(number)
             : std::nullopt;
}

std::string newest_state(Fs& fs, const std::string& home) {
  const auto entries = fs.list_dir(home);
  std::string newest;
  int highest = -1;
  for (const DirEntry& entry : entries ? *entries : std::vector<DirEntry>{}) {
    const auto number = state_number(entry.name);
    if (number && *number > highest) {
      highest = *number;
      newest = join_path(home, entry.name);
    }
  }
  return newest;
}

} // namespace

std::optional<bool>
codex_has_thread(Fs& fs, const std::string& codex_home, const std::string& thread_id) {
  const std::string path = newest_state(fs, codex_home);
  if (path.empty()) {
    return std::nullopt;
  }
  const auto db = Db::open(path, DbMode::read_only);
  if (!db) {
    return std::nullopt;
  }
  auto query = db->prepare("SELECT 1 FROM threads WHERE id = ?1");
  if (!query) {
    return std::nullopt;
  }
  query->bind(thread_id);
  const auto row = query->step();
  return row ? std::optional(*row) : std::nullopt;
}

} // namespace coldpress
