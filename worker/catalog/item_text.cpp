#include "worker/catalog/item_text.hpp"

#include <array>
#include <string_view>

namespace coldpress {

namespace {

// No word, path or hash is that long; the shortest image is longer.
constexpr std::size_t k_longest_run = 512;

constexpr std::array<bool, 256> base64_table() {
  std::array<bool, 256> table{};
  for (const char c :
       std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                        "0123456789+/=-_")) {
    table.at(static_cast<unsigned char>(c)) = true;
  }
  return table;
}
constexpr std::array<bool, 256> k_base64 = base64_table();

void append(std::string& to, std::string_view text) {
  if (text.empty()) {
    return;
  }
  to += to.empty() ? "" : "\n";
  std::size_t kept = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && k_base64.at(static_cast<unsigned char>(text[end]))) {
      end += 1;
    }
    if (end - at > k_longest_run) {
      to += text.substr(kept, at - kept);
      to += "…";
      kept = end;
    }
    at = end + 1;
  }
  to += text.substr(kept);
}

} // namespace

std::string item_text(const history::Item& item) {
  std::string all;
  append(all, item.text);
  for (const std::string& part : item.summary) {
    append(all, part);
  }
  for (const std::string& part : item.content) {
    append(all, part);
  }
  append(all, item.detail);
  return all;
}

} // namespace coldpress
