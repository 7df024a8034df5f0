#include "worker/rollout/name.hpp"

#include "fsutil/temp_file.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace coldpress {
namespace {

constexpr std::string_view k_prefix = "rollout-";
constexpr std::string_view k_materialize_prefix = ".rollout-materialize-";
constexpr std::string_view k_compress_prefix = "rollout-compress-";
constexpr std::string_view k_temp_suffix = ".tmp";
constexpr std::string_view k_plain_suffix = ".jsonl";
constexpr std::string_view k_zst_suffix = ".zst";
constexpr std::string_view k_compressed_suffix = ".jsonl.zst";
constexpr std::string_view k_retired_suffix = ".coldpress-retired";
constexpr std::string_view k_timestamp_shape = "dddd-dd-ddTdd-dd-dd";
constexpr std::string_view k_uuid_shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
constexpr std::string_view k_base64url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr std::array<bool, 256> k_is_hex = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("0123456789abcdefABCDEF")) {
    table.at(static_cast<unsigned char>(c)) = true;
  }
  return table;
}();

// By table: a scan asks it for every letter of every name.
bool is_hex(char c) {
  return k_is_hex[static_cast<unsigned char>(c)];
}

// In a shape, d stands for a digit, x for a hex digit, all else for itself.
bool has_shape(std::string_view text, std::string_view shape) {
  return std::equal(
      text.begin(), text.end(), shape.begin(), shape.end(), [](char c, char want) {
        if (want == 'd') {
          return is_digit(c);
        }
        return want == 'x' ? is_hex(c) : c == want;
      });
}

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) {
    value = value * 10 + (c - '0');
  }
  return value;
}

bool is_timestamp(std::string_view text) {
  if (!has_shape(text, k_timestamp_shape)) {
    return false;
  }
  const auto two = [&](std::size_t at) { return number(text.substr(at, 2)); };
  const std::chrono::year_month_day date{
      std::chrono::year{number(text.substr(0, 4))},
      std::chrono::month{static_cast<unsigned>(two(5))},
      std::chrono::day{static_cast<unsigned>(two(8))}};
  return date.ok() && two(11) < 24 && two(14) < 60 && two(17) < 60;
}

bool looks_like_rollout(std::string_view name) {
  return name.starts_with(k_prefix) &&
         (name.ends_with(k_plain_suffix) || name.ends_with(k_compressed_suffix));
}

struct NameParts {
  std::string_view timestamp;
  std::string_view thread_id;
  std::string_view rollout_id; // may be empty
};

// Nothing if it is no rollout's name.
std::optional<NameParts> split_rollout_name(std::string_view name) {
  if (!looks_like_rollout(name)) {
    return std::nullopt;
  }
  name.remove_prefix(k_prefix.size());
  name.remove_suffix(is_compressed_name(name) ? k_compressed_suffix.size()
                                              : k_plain_suffix.size());
  constexpr std::size_t id_at = k_timestamp_shape.size() + 1;
  constexpr std::size_t id_end = id_at + k_uuid_shape.size();
  if (name.size() < id_end || name[id_at - 1] != '-' ||
      !is_timestamp(name.substr(0, id_at - 1)) ||
      !is_uuid(name.substr(id_at, k_uuid_shape.size()))) {
    return std::nullopt;
  }
  NameParts parts{name.substr(0, id_at - 1), name.substr(id_at, k_uuid_shape.size()), {}};
  const std::string_view rest = name.substr(id_end);
  if (rest.empty()) {
    return parts;
  }
  if (rest.front() != '_' || !is_uuid(rest.substr(1))) {
    return std::nullopt;
  }
  parts.rollout_id = rest.substr(1);
  return parts;
}

// Six letters or digits, as the temp files of Rust's `tempfile` have.
bool is_random(std::string_view text) {
  return text.size() == 6 && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

// Exactly what Codex makes: what has such a name may be swept.
bool is_foreign_temp(std::string_view name) {
  if (name.starts_with(k_materialize_prefix)) {
    return is_random(name.substr(k_materialize_prefix.size()));
  }
  return name.starts_with(k_compress_prefix) && name.ends_with(k_temp_suffix) &&
         is_random(name.substr(
             k_compress_prefix.size(),
             name.size() - k_compress_prefix.size() -
                 std::min(name.size() - k_compress_prefix.size(), k_temp_suffix.size())));
}

// What somebody made of a rollout, or for one.
bool is_unknown_temp(std::string_view name) {
  return name.starts_with(k_materialize_prefix) ||
         (name.starts_with(k_prefix) && name.ends_with(k_temp_suffix) &&
          (name.starts_with(k_compress_prefix) ||
           name.find(k_plain_suffix) != std::string_view::npos));
}

std::string encode_base64url(std::string_view bytes) {
  std::string out;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    held = (held << 8U) | static_cast<unsigned char>(c);
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      out += k_base64url[(held >> bits) & 63U];
    }
  }
  if (bits > 0) {
    out += k_base64url[(held << (6 - bits)) & 63U];
  }
  return out;
}

std::optional<std::string> decode_base64url(std::string_view text) {
  std::string out;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const auto digit = k_base64url.find(c);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    held = (held << 6U) | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(static_cast<unsigned char>((held >> bits) & 255U));
    }
  }
  return out;
}

} // namespace

bool is_uuid(std::string_view text) {
  return has_shape(text, k_uuid_shape);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::optional<RolloutName> parse_rollout_name(std::string_view name) {
  const auto parts = split_rollout_name(name);
  if (!parts) {
    return std::nullopt;
  }
  return RolloutName{std::string(parts->timestamp),
                     lower_case(parts->thread_id),
                     lower_case(parts->rollout_id)};
}

NameKind classify(std::string_view name) {
  if (looks_like_rollout(name)) {
    if (!split_rollout_name(name)) {
      return NameKind::malformed;
    }
    return is_compressed_name(name) ? NameKind::compressed : NameKind::plain;
  }
  if (retired_plain_name(name)) {
    return NameKind::retired;
  }
  if (is_part_name(name)) {
    return NameKind::part;
  }
  if (is_foreign_temp(name)) {
    return NameKind::foreign_temp;
  }
  return is_unknown_temp(name) ? NameKind::unknown_temp : NameKind::other;
}

bool is_compressed_name(std::string_view name) {
  return name.ends_with(k_compressed_suffix);
}

std::string compressed_name(std::string_view name) {
  std::string out(name);
  if (!is_compressed_name(name)) {
    out += k_zst_suffix;
  }
  return out;
}

std::string plain_name(std::string_view name) {
  if (is_compressed_name(name)) {
    name.remove_suffix(k_zst_suffix.size());
  }
  return std::string(name);
}

std::string retired_name(std::string_view plain) {
  if (is_compressed_name(plain) || !parse_rollout_name(plain)) {
    return {};
  }
  std::string name(1, '.');
  name += encode_base64url(plain);
  return name.append(k_retired_suffix);
}

std::optional<std::string> retired_plain_name(std::string_view name) {
  if (!name.starts_with('.') || !name.ends_with(k_retired_suffix) ||
      name.size() <= k_retired_suffix.size()) {
    return std::nullopt;
  }
  auto plain =
      decode_base64url(name.substr(1, name.size() - 1 - k_retired_suffix.size()));
  // Only the exact spelling is ours: base64 has several for some bytes.
  if (!plain || retired_name(*plain) != name) {
    return std::nullopt;
  }
  return plain;
}

} // namespace coldpress
