#include "worker/history/preview.hpp"

namespace coldpress::history {

namespace {

constexpr std::string_view k_request = "## My request for Codex:";
constexpr std::string_view k_white = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(k_white);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(k_white) - first + 1);
}

} // namespace

std::string preview_of(std::string_view message, bool images) {
  if (const std::size_t at = message.find(k_request); at != std::string_view::npos) {
    message.remove_prefix(at + k_request.size());
  }
  const std::string_view text = trimmed(message);
  return text.empty() && images ? "[Image]" : std::string(text);
}

} // namespace coldpress::history
