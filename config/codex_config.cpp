#include "config/codex_config.hpp"

#include "config/load_toml.hpp"

namespace coldpress {

Result<std::optional<bool>> codex_compression(std::string_view text,
                                              const std::string& path) {
  constexpr std::string_view k_key = "features.local_thread_store_compression";
  TRY_ASSIGN(const std::vector<TomlEntry> entries, read_toml(text, path));
  std::optional<bool> found;
  for (const TomlEntry& entry : entries) {
    const bool in_profile = entry.key.starts_with("profiles.") &&
                            entry.key.ends_with("." + std::string(k_key));
    if ((entry.key == k_key || in_profile) && entry.given.kind == ValueKind::boolean) {
      found = found.value_or(false) || entry.given.items.front() == "true";
    }
  }
  return found;
}

Result<std::vector<std::string>> codex_sqlite_homes(std::string_view text,
                                                    const std::string& path) {
  constexpr std::string_view k_key = "sqlite_home";
  TRY_ASSIGN(const std::vector<TomlEntry> entries, read_toml(text, path));
  std::vector<std::string> found;
  for (const TomlEntry& entry : entries) {
    const bool in_profile = entry.key.starts_with("profiles.") &&
                            entry.key.ends_with("." + std::string(k_key));
    if (entry.key != k_key && !in_profile) {
      continue;
    }
    if (entry.given.kind != ValueKind::string) {
      return refuse_at(path, entry.line, entry.key, "this is not a path");
    }
    found.push_back(entry.given.items.front());
  }
  return found;
}

} // namespace coldpress
