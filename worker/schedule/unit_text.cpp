#include "worker/schedule/unit_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace coldpress {

namespace {

bool is_plain(char c) {
  constexpr std::string_view others = "/_.,=+:@-";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

std::string escaped(char c) {
  switch (c) {
  case '%':
    return "%%"; // else a specifier
  case '"':
  case '\\':
    return {'\\', c};
  default:
    return static_cast<unsigned char>(c) < 0x20
               ? fmt::format("\\x{:02x}", static_cast<unsigned char>(c))
               : std::string(1, c);
  }
}

// Where the line "key=" begins in `text`; npos if nowhere.
std::size_t find_key(std::string_view text, std::string_view key) {
  const std::string line = std::string(key) + "=";
  if (text.starts_with(line)) {
    return 0;
  }
  const std::size_t at = text.find("\n" + line);
  return at == std::string_view::npos ? at : at + 1;
}

} // namespace

std::string
with_value(std::string_view text, std::string_view key, std::string_view value) {
  std::string changed(text);
  if (const std::size_t at = find_key(text, key); at != std::string_view::npos) {
    const std::size_t begin = at + key.size() + 1;
    changed.replace(begin, text.find('\n', begin) - begin, value);
  }
  return changed;
}

std::string value_in(std::string_view text, std::string_view key) {
  const std::size_t at = find_key(text, key);
  if (at == std::string_view::npos) {
    return {};
  }
  const std::size_t begin = at + key.size() + 1;
  return std::string(text.substr(begin, text.find('\n', begin) - begin));
}

std::string unit_word(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) {
    return std::string(word);
  }
  std::string text = "\"";
  for (const char c : word) {
    text += escaped(c);
  }
  return text + '"';
}

std::string exec_line(const std::vector<std::string>& command) {
  std::string line;
  for (const std::string& word : command) {
    std::string text = unit_word(word);
    // Variables are put in for all words but the first.
    for (std::size_t at = 0;
         !line.empty() && (at = text.find('$', at)) != std::string::npos;
         at += 2) {
      text.insert(at, 1, '$');
    }
    line += line.empty() ? text : " " + text;
  }
  return line;
}

std::string condition_path(std::string_view path) {
  std::string text;
  for (const char c : path) {
    text += c == '%' ? "%%" : std::string(1, c);
  }
  return text;
}

} // namespace coldpress
