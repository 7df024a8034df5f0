#include "worker/history/parse_items.hpp"

#include <array>
#include <utility>

namespace coldpress::history {

namespace {

std::string unescaped(std::string_view text) {
  constexpr auto k_entities = std::to_array<std::pair<std::string_view, char>>(
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}});
  std::string plain;
  while (!text.empty()) {
    std::size_t taken = 1;
    char c = text.front();
    for (const auto& [entity, stands_for] : k_entities) {
      if (text.starts_with(entity)) {
        taken = entity.size();
        c = stands_for;
      }
    }
    plain += c;
    text.remove_prefix(taken);
  }
  return plain;
}

// The text between the tags; nothing if that is not what `part` is.
std::optional<std::string> prompt_in(std::string_view part) {
  constexpr std::string_view k_open = "<hook_prompt hook_run_id=\"";
  constexpr std::string_view k_close = "</hook_prompt>";
  if (!part.starts_with(k_open) || !part.ends_with(k_close)) {
    return std::nullopt;
  }
  part.remove_prefix(k_open.size());
  part.remove_suffix(k_close.size());
  const std::size_t end = part.find("\">");
  if (end == std::string_view::npos || end == 0) {
    return std::nullopt;
  }
  return unescaped(part.substr(end + 2));
}

bool says(const Fields& from, std::string_view key, std::string_view word) {
  std::string_view text;
  const auto value = from.find(key);
  return value && value->get(text) == simdjson::SUCCESS && text == word;
}

} // namespace

bool parse_hook_prompt(Fields& payload, Record& record) {
  if (!payload.find("type")) {
    return false;
  }
  dom::array parts;
  const auto content = payload.find("content");
  if (!says(payload, "type", "message") || !says(payload, "role", "user") || !content ||
      content->get(parts) != simdjson::SUCCESS || parts.size() == 0) {
    return true;
  }
  Item item;
  item.type = "hookPrompt";
  for (const dom::element part : parts) {
    std::string_view text;
    const Fields fields(part);
    const auto value = fields.find("text");
    if (!fields.ok() || !value || value->get(text) != simdjson::SUCCESS) {
      return true;
    }
    const auto prompt = prompt_in(text);
    if (!prompt) {
      return true;
    }
    item.text += item.text.empty() ? "" : "\n";
    item.text += *prompt;
  }
  item.id = payload.text_if("id").value_or("");
  record.item = std::move(item);
  return payload.ok();
}

} // namespace coldpress::history
