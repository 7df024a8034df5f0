#include "config/settings.hpp"

#include "config/load.hpp"
#include "fsutil/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace coldpress {

namespace {

Fail no_version(std::string_view text) {
  return Fail(Error{
      Errc::invalid,
      0,
      "parse version",
      {},
      {fmt::format("\"{}\" is not a version; write it like \"0.137\" or \"0.144.6\"",
                   printable(text))}});
}

// What may follow the numbers: "-alpha.2".
bool is_suffix(std::string_view text) {
  return text.size() > 1 && text[0] == '-' &&
         std::all_of(text.begin() + 1, text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                  (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
         });
}

} // namespace

std::string_view name_of(Root root) {
  return root == Root::archived ? "archived" : "active";
}

Result<Version> parse_version(std::string_view text) {
  std::array<std::uint32_t, 3> numbers{};
  std::size_t count = 0;
  const char* at = text.data();
  const char* end = at + text.size();
  while (count < numbers.size()) {
    const auto read = std::from_chars(at, end, numbers[count]);
    if (read.ec != std::errc{}) {
      return no_version(text);
    }
    at = read.ptr;
    ++count;
    if (count == numbers.size() || at == end || *at != '.') {
      break;
    }
    ++at;
  }
  const std::string_view rest(at, static_cast<std::size_t>(end - at));
  if (count < 2 || !(rest.empty() || is_suffix(rest))) {
    return no_version(text);
  }
  return Version{numbers[0], numbers[1], numbers[2]};
}

std::string_view tree_name(Root root) {
  return root == Root::archived ? "archived_sessions" : "sessions";
}

std::string to_string(const Version& version) {
  std::string text = fmt::format("{}.{}", version.major, version.minor);
  return version.patch == 0 ? text : fmt::format("{}.{}", text, version.patch);
}

} // namespace coldpress
