#include "config/enable_feature.hpp"

#include "config/load_toml.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::string_view k_word = "local_thread_store_compression";
constexpr std::string_view k_key = "features.local_thread_store_compression";

using Entries = std::vector<TomlEntry>;

Entries::const_iterator flag_in(const Entries& entries) {
  return std::find_if(entries.begin(), entries.end(), [](const TomlEntry& entry) {
    return entry.key == k_key;
  });
}

bool is_on(const TomlEntry& entry) {
  return entry.given.kind == ValueKind::boolean && entry.given.items.front() == "true";
}

// Where line `number`, from 1 on, begins and ends; its end of line is not part of it.
std::pair<std::size_t, std::size_t> line_at(std::string_view text, unsigned number) {
  std::size_t begin = 0;
  for (; number > 1; --number) {
    begin = text.find('\n', begin) + 1;
  }
  return {begin, std::min(text.find('\n', begin), text.size())};
}

std::string_view end_of_line(std::string_view text) {
  return text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n";
}

// The text with `false` made `true` on that line; as it was if there is no such word.
std::string with_value_changed(std::string_view text, unsigned line) {
  const auto [begin, end] = line_at(text, line);
  const std::string_view written = text.substr(begin, end - begin);
  const std::size_t equals = written.find('=');
  const std::size_t word = equals == std::string_view::npos
                               ? equals
                               : written.find_first_not_of(" \t", equals + 1);
  std::string changed(text);
  if (word != std::string_view::npos && written.substr(word).starts_with("false")) {
    changed.replace(begin + word, 5, "true");
  }
  return changed;
}

// Behind the line "[features]", if there is one; else in a section at the end.
std::string with_line_added(std::string_view text) {
  const std::string_view ending = end_of_line(text);
  const std::string line = std::string(k_word) + " = true" + std::string(ending);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
    const std::string_view written = text.substr(at, end + 1 - at);
    const std::size_t first = written.find_first_not_of(" \t");
    if (first != std::string_view::npos &&
        written.substr(first).starts_with("[features]")) {
      std::string changed(text);
      const std::string before = text[end] == '\n' ? "" : std::string(ending);
      return changed.insert(end + 1, before + line);
    }
    at = end + 1;
  }
  std::string changed(text);
  if (!changed.empty()) {
    changed +=
        changed.ends_with('\n') ? ending : std::string(ending) + std::string(ending);
  }
  return changed + "[features]" + std::string(ending) + line;
}

// `after` says what `before` says, and that the feature is on.
bool only_that_changed(const Entries& before, const Entries& after) {
  const auto others = [](const Entries& entries) {
    std::vector<std::pair<std::string, std::vector<std::string>>> said;
    for (const TomlEntry& entry : entries) {
      if (entry.key != k_key && entry.key != "features") {
        said.emplace_back(entry.key, entry.given.items);
      }
    }
    return said;
  };
  const auto flag = flag_in(after);
  return flag != after.end() && is_on(*flag) && others(before) == others(after);
}

} // namespace

Result<std::string> enable_feature(std::string_view text, const std::string& path) {
  TRY_ASSIGN(const Entries before, read_toml(text, path));
  const auto flag = flag_in(before);
  if (flag != before.end() && is_on(*flag)) {
    return std::string(text);
  }
  std::string changed =
      flag == before.end() ? with_line_added(text) : with_value_changed(text, flag->line);
  const auto after = read_toml(changed, path);
  if (!after || !only_that_changed(before, *after)) {
    return Fail(
        Error{Errc::invalid,
              0,
              "config",
              path,
              {"a program cannot change it safely; add local_thread_store_compression = "
               "true to its section [features] yourself"}});
  }
  return changed;
}

} // namespace coldpress
