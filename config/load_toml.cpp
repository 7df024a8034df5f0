#include "config/load_toml.hpp"

#include "fsutil/fs.hpp"
#include "fsutil/text.hpp"

// Compiled in here: the library distributions ship throws.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace coldpress {

namespace {

Given list_of(const toml::array& array) {
  Given given{Form::list, "a list", {}, {}};
  for (const toml::node& item : array) {
    const auto* text = item.as_string();
    if (text == nullptr) {
      return Given{Form::other, "a list of things that are not strings", {}, {}};
    }
    given.items.push_back(text->get());
  }
  return given;
}

Given given_of(const toml::node& node) {
  switch (node.type()) {
  case toml::node_type::string:
    return Given{Form::string, "a string", {node.as_string()->get()}, {}};
  case toml::node_type::integer:
    return Given{
        Form::integer, "a number", {std::to_string(node.as_integer()->get())}, {}};
  case toml::node_type::boolean: {
    const bool value = node.as_boolean()->get();
    return Given{Form::boolean, "a boolean", {value ? "true" : "false"}, {}};
  }
  case toml::node_type::array:
    return list_of(*node.as_array());
  case toml::node_type::floating_point:
    return Given{Form::other, "a number with a point", {}, {}};
  case toml::node_type::table:
    return Given{Form::other, "a section", {}, {}};
  default:
    return Given{Form::other, "a date or time", {}, {}};
  }
}

void collect(const toml::table& table,
             const std::string& prefix,
             std::vector<TomlEntry>& into) {
  for (auto&& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    const toml::table* inner = node.as_table();
    if (inner != nullptr && !inner->empty()) {
      collect(*inner, name + ".", into);
      continue;
    }
    const toml::source_position at = node.source().begin;
    into.push_back(TomlEntry{name, at.line, at.column, given_of(node)});
  }
}

} // namespace

Result<std::vector<TomlEntry>> read_toml(std::string_view text, const std::string& path) {
  // Beside a bare key toml++ 3.3.0 takes this character for one that cannot be there,
  // and what it does then is undefined.
  constexpr std::string_view k_noncharacter = "\xEF\xBB\xBE";
  if (const std::size_t at = text.find(k_noncharacter); at != std::string_view::npos) {
    const auto line = 1 + std::count(text.begin(), text.begin() + at, '\n');
    return refuse_at(
        path, static_cast<std::uint32_t>(line), {}, "U+FEFE is no character");
  }
  const toml::parse_result parsed = toml::parse(text, std::string_view(path));
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return refuse_at(path, error.source().begin.line, {}, error.description());
  }
  std::vector<TomlEntry> entries;
  collect(parsed.table(), {}, entries);
  std::sort(entries.begin(), entries.end(), [](const TomlEntry& a, const TomlEntry& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return entries;
}

Fail refuse_at(const std::string& path,
               unsigned line,
               std::string_view key,
               std::string_view what) {
  std::string context = fmt::format("{}:{}: ", printable(base_name(path)), line);
  if (!key.empty()) {
    context += printable(key) + ": ";
  }
  context += what;
  return Fail(Error{Errc::invalid, 0, "config", path, {std::move(context)}});
}

} // namespace coldpress
