#include "fsutil/text.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <ctime>
#include <utility>

namespace coldpress {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t k_second = 1000;
constexpr std::uint64_t k_day = 24 * 3600 * k_second;
constexpr std::uint64_t k_longest = 36525 * k_day; // 100 years of 365.25 days

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first: a duration names each unit once and in this order.
constexpr std::array<Unit, 6> k_time_units{{{"w", 7 * k_day},
                                            {"d", k_day},
                                            {"h", 3600 * k_second},
                                            {"m", 60 * k_second},
                                            {"s", k_second},
                                            {"ms", 1}}};

constexpr std::array<Unit, 9> k_size_units{{{"b", 1},
                                            {"kb", 1000},
                                            {"mb", 1000'000},
                                            {"gb", 1000'000'000},
                                            {"tb", 1000'000'000'000},
                                            {"kib", 1ULL << 10},
                                            {"mib", 1ULL << 20},
                                            {"gib", 1ULL << 30},
                                            {"tib", 1ULL << 40}}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

Fail refuse(std::string_view op, std::string sentence) {
  return Fail(Error{Errc::invalid, 0, op, {}, {std::move(sentence)}});
}

Fail no_duration(std::string_view text, std::string_view why) {
  return refuse(
      "parse duration",
      fmt::format("\"{}\" is not a duration: {}; write it like \"7d\", \"1h30m\" or "
                  "\"200ms\" (units w d h m s ms)",
                  printable(text),
                  why));
}

Fail no_size(std::string_view text, std::string_view why) {
  return refuse(
      "parse size",
      fmt::format("\"{}\" is not a size: {}; write it like \"4096\", \"8MiB\" or "
                  "\"1.5 GiB\"",
                  printable(text),
                  why));
}

// The longest prefix of `rest` whose characters satisfy `holds`, cut off from it.
template <class Holds> std::string_view take(std::string_view& rest, Holds holds) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), holds);
  const auto length = static_cast<std::size_t>(end - rest.begin());
  const std::string_view taken = rest.substr(0, length);
  rest.remove_prefix(length);
  return taken;
}

bool to_number(std::string_view digits, std::uint64_t& number) {
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number);
  return read.ec == std::errc{} && read.ptr == end;
}

// "500" of "1.500" in units of `factor` bytes, rounded down. At most six digits.
std::uint64_t fraction_of(std::string_view digits, std::uint64_t factor) {
  std::uint64_t part = 0;
  std::uint64_t scale = 1;
  for (const char digit : digits) {
    part = part * 10 + static_cast<std::uint64_t>(digit - '0');
    scale *= 10;
  }
  return part * factor / scale; // below 2^20 * 2^40
}

// Null if there is no such unit; case does not count, and no name means bytes.
const Unit* size_unit(std::string_view typed) {
  std::string name(typed.empty() ? "b" : typed);
  std::transform(name.begin(), name.end(), name.begin(), lower);
  for (const Unit& unit : k_size_units) {
    if (unit.name == name) {
      return &unit;
    }
  }
  return nullptr;
}

} // namespace

Result<milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) {
    return no_duration(text, "it is empty");
  }
  std::uint64_t total = 0;
  auto next_unit = k_time_units.begin();
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view digits = take(rest, is_digit);
    const std::string_view name = take(rest, [](char c) { return !is_digit(c); });
    std::uint64_t number = 0;
    if (digits.empty()) {
      return no_duration(text, "a number is missing");
    }
    if (name.empty()) {
      return no_duration(text, "the unit is missing");
    }
    const auto named = [&name](const Unit& unit) { return unit.name == name; };
    const auto unit = std::find_if(next_unit, k_time_units.end(), named);
    if (unit == k_time_units.end()) {
      const bool known = std::any_of(k_time_units.begin(), next_unit, named);
      return no_duration(text, known ? "units go from large to small" : "unknown unit");
    }
    if (!to_number(digits, number) || number > (k_longest - total) / unit->factor) {
      return no_duration(text, "more than 100 years");
    }
    total += number * unit->factor;
    next_unit = unit + 1;
  }
  return milliseconds(total);
}

std::string format_duration(milliseconds duration) {
  const auto count = duration.count();
  if (count == 0) {
    return "0s";
  }
  for (const Unit& unit : k_time_units) {
    const auto factor = static_cast<milliseconds::rep>(unit.factor);
    if (unit.name != "w" && count % factor == 0) {
      return fmt::format("{}{}", count / factor, unit.name);
    }
  }
  return fmt::format("{}ms", count);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  std::string_view rest = text;
  const std::string_view whole = take(rest, is_digit);
  std::string_view decimals;
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    decimals = take(rest, is_digit);
    if (decimals.empty() || decimals.size() > 6) {
      return no_size(text, "one to six digits may follow the point");
    }
  }
  if (whole.empty()) {
    return no_size(text, "it must begin with a number");
  }
  take(rest, [](char c) { return c == ' '; });
  const Unit* unit = size_unit(rest);
  if (unit == nullptr) {
    return no_size(text, "unknown unit");
  }
  if (unit->factor == 1 && !decimals.empty()) {
    return no_size(text, "a fraction of a byte");
  }
  const std::uint64_t part = fraction_of(decimals, unit->factor);
  std::uint64_t number = 0;
  if (!to_number(whole, number) || number > (UINT64_MAX - part) / unit->factor) {
    return no_size(text, "too large");
  }
  return number * unit->factor + part;
}

std::string format_size(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> names{
      "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) {
    return fmt::format("{} B", bytes);
  }
  std::size_t at = 0;
  double shown = static_cast<double>(bytes) / 1024;
  // 1023.95 would be shown as 1024.0.
  while (shown >= 1023.95 && at + 1 < names.size()) {
    shown /= 1024;
    ++at;
  }
  return fmt::format("{:.1f} {}", shown, names[at]);
}

std::string format_count(std::uint64_t count) {
  return fmt::format("{}", fmt::group_digits(count));
}

namespace {

// Insertions, deletions, replacements and swaps of neighbours; case does not count.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1); // the row above the row above
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

} // namespace

std::string nearest(std::string_view typed, const std::vector<std::string>& words) {
  constexpr std::size_t longest_typed = 100; // nothing we name is near to more
  if (typed.size() > longest_typed) {
    return {};
  }
  std::string best;
  std::size_t best_distance = SIZE_MAX;
  for (const std::string& word : words) {
    const std::size_t allowed =
        std::max<std::size_t>(1, std::max(typed.size(), word.size()) / 3);
    const std::size_t far = distance(typed, word);
    if (far <= allowed && far < best_distance) {
      best = word;
      best_distance = far;
    }
  }
  return best;
}

namespace {

// Bytes of the well-formed UTF-8 sequence at the front of `text`, 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [text](std::size_t at) {
    return static_cast<unsigned char>(text[at]);
  };
  const unsigned lead = byte(0);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length > text.size()) {
    return 0;
  }
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0U) != 0x80) {
      return 0;
    }
  }
  const bool overlong =
      (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
  const bool too_large = lead == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

// C0, DEL and C1, which terminals obey.
bool is_control(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  return lead < 0x20 || lead == 0x7F ||
         (lead == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0);
}

// U+202A to U+202E and U+2066 to U+2069, which turn round what follows: a name could read
// as another one.
bool is_direction(std::string_view sequence) {
  const auto last = static_cast<unsigned char>(sequence.back());
  return (sequence.starts_with("\xe2\x80") && last >= 0xAA && last <= 0xAE) ||
         (sequence.starts_with("\xe2\x81") && last >= 0xA6 && last <= 0xA9);
}

} // namespace

std::string printable(std::string_view bytes) {
  std::string safe;
  safe.reserve(bytes.size());
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t length = sequence_length(rest);
    const std::string_view sequence = rest.substr(0, std::max<std::size_t>(1, length));
    if (length > 0 && !is_control(sequence) && !is_direction(sequence)) {
      safe += sequence;
    } else {
      for (const char c : sequence) {
        safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      }
    }
    rest.remove_prefix(sequence.size());
  }
  return safe;
}

std::string format_time(std::chrono::sys_time<std::chrono::nanoseconds> time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch();
  return fmt::format("{:%FT%TZ}", fmt::gmtime(static_cast<std::time_t>(seconds.count())));
}

} // namespace coldpress
