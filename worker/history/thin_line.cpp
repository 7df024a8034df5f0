#include "worker/history/thin_line.hpp"

#include "worker/history/values.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace coldpress::history {

namespace {

constexpr std::size_t k_long_data = std::size_t{4} << 10U;
constexpr std::size_t k_kept_of_data = 64;
constexpr std::size_t k_longest_64_bit = 19; // digits that always fit

bool is_base64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
}

bool is_data(std::string_view text) {
  return text.starts_with("data:") ||
         std::all_of(text.begin(), text.begin() + k_long_data, is_base64);
}

// The end of the string whose first byte is at `from`: where its closing quote is, or
// npos.
std::size_t closing_quote(std::string_view line, std::size_t from) {
  for (std::size_t at = from;; at += 1) {
    at = line.find('"', at);
    if (at == std::string_view::npos) {
      return at;
    }
    std::size_t slashes = 0;
    while (at - slashes > from && line[at - slashes - 1] == '\\') {
      slashes += 1;
    }
    if (slashes % 2 == 0) {
      return at;
    }
  }
}

// How long the escape is that begins `text`; a surrogate pair is one.
std::size_t escape_length(std::string_view text) {
  constexpr std::size_t k_unicode = 6; // \uD83D
  if (!text.starts_with("\\u")) {
    return 2;
  }
  const bool high = text.size() > 2 * k_unicode && (text[2] == 'd' || text[2] == 'D') &&
                    std::strchr("89abAB", text[3]) != nullptr &&
                    text.substr(k_unicode).starts_with("\\u");
  return high ? 2 * k_unicode : k_unicode;
}

// The last place up to `limit` that is within no character and no escape. Escapes are
// followed from the beginning: of a run of backslashes the end does not say which of them
// begins one.
std::size_t safe_cut(std::string_view text, std::size_t limit) {
  std::size_t at = 0;
  for (;;) {
    const std::size_t slash = text.substr(0, limit).find('\\', at);
    if (slash == std::string_view::npos) {
      break;
    }
    const std::size_t end = slash + escape_length(text.substr(slash));
    if (end > limit) {
      return slash;
    }
    at = end;
  }
  std::size_t cut = limit;
  while (cut > at && (static_cast<unsigned char>(text[cut]) & 0xc0U) == 0x80U) {
    cut -= 1;
  }
  return cut;
}

bool has_control(std::string_view text) {
  unsigned char any = 0;
  for (const char c : text) {
    any |= static_cast<unsigned char>(static_cast<unsigned char>(c) < 0x20 ? 1 : 0);
  }
  return any != 0;
}

std::size_t kept_of(std::string_view text, bool& cut) {
  if (text.size() > k_long_data && is_data(text)) {
    return safe_cut(text, k_kept_of_data);
  }
  if (text.size() > k_longest_text) {
    cut = true;
    return safe_cut(text, k_longest_text);
  }
  return text.size();
}

} // namespace

bool thin_line(std::string_view line, std::string& into, bool& cut) {
  into.clear();
  cut = false;
  if (!simdjson::validate_utf8(line.data(), line.size())) {
    return false;
  }
  std::size_t done = 0;
  for (;;) {
    const std::size_t quote = line.find('"', done);
    if (quote == std::string_view::npos) {
      into += line.substr(done);
      return true;
    }
    const std::size_t end = closing_quote(line, quote + 1);
    if (end == std::string_view::npos) {
      return false;
    }
    const std::string_view text = line.substr(quote + 1, end - quote - 1);
    const std::size_t kept = kept_of(text, cut);
    if (kept < text.size() && has_control(text.substr(kept))) {
      return false;
    }
    into += line.substr(done, quote + 1 - done);
    into += text.substr(0, kept);
    into += '"';
    done = end + 1;
  }
}

void widen_integers(std::string_view line, std::string& into) {
  into.clear();
  std::size_t digits = 0;
  bool integer = true; // nothing of the number so far but digits
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (c >= '0' && c <= '9') {
      digits += 1;
    } else {
      const bool more = c == '.' || c == 'e' || c == 'E';
      if (integer && !more && digits >= k_longest_64_bit) {
        into += ".0";
      }
      integer = !more && (integer || (c != '+' && c != '-'));
      digits = 0;
    }
    into += c;
    if (c == '"') {
      const std::size_t end = closing_quote(line, at + 1);
      const std::size_t stop = end == std::string_view::npos ? line.size() : end + 1;
      into += line.substr(at + 1, stop - at - 1);
      at = stop - 1;
      integer = true;
    } else if (c == ',' || c == ':' || c == '[') {
      integer = true;
    }
  }
}

} // namespace coldpress::history
