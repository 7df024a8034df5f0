#include "config/forms.hpp"
#include "config/load.hpp"
#include "fsutil/text.hpp"

#include <algorithm>
#include <utility>

namespace coldpress::form {

namespace {

std::string quoted_list(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) {
    out += (out.empty() ? "" : ", ") + quoted(item);
  }
  return "[" + out + "]";
}

std::string write_one_of(const std::vector<std::string>& words) {
  return fmt::format("write one of {}", fmt::join(words, ", "));
}

Result<std::string> parse_word(const Given& given,
                               const std::vector<std::string>& words) {
  if (!is_string(given)) {
    return wrong_type(given, write_one_of(words));
  }
  const std::string& word = given.items.front();
  if (std::find(words.begin(), words.end(), word) != words.end()) {
    return word;
  }
  const std::string near = nearest(word, words);
  return refuse(
      fmt::format("\"{}\" is not known{}; {}",
                  printable(word),
                  near.empty() ? "" : fmt::format(", did you mean \"{}\"?", near),
                  write_one_of(words)));
}

// 8-4-4-4-12 hexadecimal digits.
bool is_thread_id(std::string_view text) {
  constexpr std::string_view shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::equal(
      text.begin(), text.end(), shape.begin(), shape.end(), [](char c, char like) {
        const bool hex =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        return like == '-' ? c == '-' : hex;
      });
}

std::string lower_case(std::string text) {
  for (char& c : text) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return text;
}

} // namespace

Result<std::vector<Root>> Roots::parse(const Given& given) {
  const std::vector<std::string> words{std::string(name_of(Root::archived)),
                                       std::string(name_of(Root::active))};
  if (given.kind != ValueKind::list) {
    return wrong_type(given, R"(write a list, such as ["archived"])");
  }
  std::vector<Root> roots;
  for (const std::string& item : given.items) {
    TRY_ASSIGN(const std::string word,
               parse_word(Given{ValueKind::text, {}, {item}, {}}, words));
    const Root root = word == words[0] ? Root::archived : Root::active;
    if (std::find(roots.begin(), roots.end(), root) == roots.end()) {
      roots.push_back(root);
    }
  }
  if (roots.empty()) {
    return refuse("no root is given; " + write_one_of(words) + ", or both");
  }
  return roots;
}

std::string Roots::show(const std::vector<Root>& roots) {
  std::vector<std::string> names;
  for (const Root root : roots) {
    names.emplace_back(name_of(root));
  }
  return quoted_list(names);
}

Result<std::vector<std::string>> Excludes::parse(const Given& given) {
  constexpr std::string_view write = "write absolute directories and thread ids";
  if (given.kind != ValueKind::list) {
    return wrong_type(given, R"(write a list, such as ["~/private"])");
  }
  std::vector<std::string> excludes;
  for (const std::string& item : given.items) {
    if (is_thread_id(item)) {
      excludes.push_back(lower_case(item));
      continue;
    }
    if (!item.starts_with("/") && !item.starts_with("~")) {
      return refuse(fmt::format("\"{}\" is neither; {}", printable(item), write));
    }
    TRY_ASSIGN(std::string path, absolute_path(item, given.paths));
    excludes.push_back(std::move(path));
  }
  return excludes;
}

std::string Excludes::show(const std::vector<std::string>& excludes) {
  return quoted_list(excludes);
}

Result<std::string> Directory::parse(const Given& given) {
  if (!is_string(given)) {
    return wrong_type(given, "write a directory in quotes");
  }
  return absolute_path(given.items.front(), given.paths);
}

std::string Directory::show(const std::string& path) {
  return quoted(path);
}

Result<std::string> OptionalPath::parse(const Given& given) {
  if (!is_string(given)) {
    return wrong_type(given, R"(write a path in quotes, or "none")");
  }
  if (given.items.front() == "none") {
    return std::string();
  }
  return absolute_path(given.items.front(), given.paths);
}

std::string OptionalPath::show(const std::string& path) {
  return quoted(path.empty() ? "none" : path);
}

Result<std::vector<std::string>> Directories::parse(const Given& given) {
  if (given.kind != ValueKind::list) {
    return wrong_type(given, R"(write a list, such as ["~/.codex", "~/work/.codex"])");
  }
  std::vector<std::string> paths;
  for (const std::string& item : given.items) {
    TRY_ASSIGN(std::string path, absolute_path(item, given.paths));
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) {
      paths.push_back(std::move(path));
    }
  }
  return paths;
}

std::string Directories::show(const std::vector<std::string>& paths) {
  return quoted_list(paths);
}

Result<Version> ReaderVersion::parse(const Given& given) {
  if (!is_string(given)) {
    return wrong_type(given, R"(write a version in quotes, such as "0.137")");
  }
  auto parsed = parse_version(given.items.front());
  if (!parsed) {
    return refuse_as(parsed.error());
  }
  return parsed;
}

std::string ReaderVersion::show(const Version& version) {
  return quoted(to_string(version));
}

Result<std::vector<GoneReader>> GoneReaders::parse(const Given& given) {
  constexpr std::string_view write =
      R"(write a list, such as ["0.135 until 2026-12-31"])";
  constexpr std::string_view between = " until ";
  if (given.kind != ValueKind::list) {
    return wrong_type(given, write);
  }
  std::vector<GoneReader> gone;
  for (const std::string& item : given.items) {
    const std::size_t at = item.find(between);
    const auto version = parse_version(item.substr(0, at));
    const std::string day = at == item.npos ? "" : item.substr(at + between.size());
    const auto until = parse_time(day + "T00:00:00Z");
    if (!version || !until) {
      return refuse(fmt::format(
          "\"{}\" is not a release with an end date; {}", printable(item), write));
    }
    const auto points =
        std::count(item.begin(), item.begin() + static_cast<long>(at), '.');
    gone.push_back(
        {*version, points == 1, std::chrono::floor<std::chrono::days>(*until)});
  }
  return gone;
}

std::vector<std::string> GoneReaders::words(const std::vector<GoneReader>& gone) {
  std::vector<std::string> items;
  for (const GoneReader& reader : gone) {
    const std::string version =
        reader.any_patch
            ? to_string(reader.version)
            : fmt::format(
                  "{}.{}",
                  to_string(Version{reader.version.major, reader.version.minor, 0}),
                  reader.version.patch);
    items.push_back(version + " until " + format_time(reader.until).substr(0, 10));
  }
  return items;
}

std::string GoneReaders::show(const std::vector<GoneReader>& gone) {
  return quoted_list(words(gone));
}

Result<OnBattery> OnBatteryRule::parse(const Given& given) {
  TRY_ASSIGN(const std::string word, parse_word(given, {"ignore", "wait"}));
  return word == "wait" ? OnBattery::wait : OnBattery::ignore;
}

std::string OnBatteryRule::show(OnBattery rule) {
  return quoted(rule == OnBattery::wait ? "wait" : "ignore");
}

Result<SharedHistory> SharedHistoryRule::parse(const Given& given) {
  TRY_ASSIGN(const std::string word, parse_word(given, {"auto", "compress", "skip"}));
  return word == "auto"       ? SharedHistory::automatic
         : word == "compress" ? SharedHistory::compress
                              : SharedHistory::skip;
}

std::string SharedHistoryRule::show(SharedHistory rule) {
  switch (rule) {
  case SharedHistory::automatic:
    return quoted("auto");
  case SharedHistory::compress:
    return quoted("compress");
  case SharedHistory::skip:
    break;
  }
  return quoted("skip");
}

Result<std::string> LogLevelName::parse(const Given& given) {
  return parse_word(given, {"trace", "debug", "info", "warn", "error", "off"});
}

std::string LogLevelName::show(const std::string& name) {
  return quoted(name);
}

} // namespace coldpress::form
