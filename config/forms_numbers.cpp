#include "config/forms.hpp"
#include "fsutil/text.hpp"

#include <array>
#include <charconv>

namespace coldpress::form {

namespace {

constexpr std::string_view k_write_duration =
    R"(write a duration with its unit in quotes, such as "7d", "1h30m" or "200ms")";
constexpr std::string_view k_write_size =
    R"(write a number of bytes, or a size such as "8MiB" in quotes)";

bool is_word(const Given& given, std::string_view word) {
  return is_string(given) && given.items.front() == word;
}

} // namespace

Result<std::chrono::milliseconds> Duration::parse(const Given& given) {
  if (given.kind == ValueKind::integer) {
    const std::string& number = given.items.front();
    return refuse(fmt::format("{} has no unit; {}", number, k_write_duration));
  }
  if (!is_string(given)) {
    return wrong_type(given, k_write_duration);
  }
  auto parsed = parse_duration(given.items.front());
  if (!parsed) {
    return refuse_as(parsed.error());
  }
  return parsed;
}

std::string Duration::show(std::chrono::milliseconds duration) {
  return quoted(format_duration(duration));
}

Result<std::optional<std::chrono::milliseconds>>
OptionalDuration::parse(const Given& given) {
  if (is_word(given, "auto")) {
    return std::optional<std::chrono::milliseconds>();
  }
  TRY_ASSIGN(const std::chrono::milliseconds duration, Duration::parse(given));
  return std::optional(duration);
}

std::string OptionalDuration::show(std::optional<std::chrono::milliseconds> duration) {
  return duration ? Duration::show(*duration) : quoted("auto");
}

Result<std::optional<std::chrono::milliseconds>>
DurationOrNone::parse(const Given& given) {
  if (is_word(given, "none")) {
    return std::optional<std::chrono::milliseconds>();
  }
  TRY_ASSIGN(const std::chrono::milliseconds duration, Duration::parse(given));
  return std::optional(duration);
}

std::string DurationOrNone::show(std::optional<std::chrono::milliseconds> duration) {
  return duration ? Duration::show(*duration) : quoted("none");
}

Result<std::chrono::milliseconds> Interval::parse(const Given& given) {
  TRY_ASSIGN(const std::chrono::milliseconds duration, Duration::parse(given));
  if (duration < std::chrono::seconds{1}) {
    return refuse("that is too often; at least 1s");
  }
  return duration;
}

std::string Interval::show(std::chrono::milliseconds duration) {
  return Duration::show(duration);
}

Result<std::uint64_t> Size::parse(const Given& given) {
  if (!is_string(given) && given.kind != ValueKind::integer) {
    return wrong_type(given, k_write_size);
  }
  auto parsed = parse_size(given.items.front());
  if (!parsed) {
    return refuse_as(parsed.error());
  }
  return parsed;
}

std::string Size::show(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 4> units{"KiB", "MiB", "GiB", "TiB"};
  std::string_view unit;
  for (auto next = units.begin(); next != units.end() && bytes != 0 && bytes % 1024 == 0;
       ++next) {
    bytes /= 1024;
    unit = *next;
  }
  return unit.empty() ? std::to_string(bytes) : quoted(fmt::format("{}{}", bytes, unit));
}

Result<std::optional<std::uint64_t>> OptionalSize::parse(const Given& given) {
  if (is_word(given, "off")) {
    return std::optional<std::uint64_t>();
  }
  TRY_ASSIGN(const std::uint64_t bytes, Size::parse(given));
  return std::optional(bytes);
}

std::string OptionalSize::show(std::optional<std::uint64_t> bytes) {
  return bytes ? Size::show(*bytes) : quoted("off");
}

Result<bool> Boolean::parse(const Given& given) {
  const bool known = given.kind == ValueKind::boolean || given.kind == ValueKind::text;
  if (!known) {
    return wrong_type(given, "write true or false, without quotes");
  }
  const std::string& word = given.items.front();
  if (word == "true" || word == "false") {
    return word == "true";
  }
  return refuse(fmt::format("\"{}\" is neither true nor false", printable(word)));
}

std::string Boolean::show(bool value) {
  return value ? "true" : "false";
}

Result<std::int64_t>
parse_integer(const Given& given, std::int64_t low, std::int64_t high) {
  const std::string write = fmt::format("write a whole number from {} to {}", low, high);
  if (given.kind != ValueKind::integer && given.kind != ValueKind::text) {
    return wrong_type(given, write);
  }
  const std::string& digits = given.items.front();
  const char* end = digits.data() + digits.size();
  std::int64_t value = 0;
  const auto read = std::from_chars(digits.data(), end, value);
  if (read.ec == std::errc::invalid_argument || read.ptr != end) {
    return refuse(
        fmt::format("\"{}\" is not a whole number; {}", printable(digits), write));
  }
  if (read.ec != std::errc{} || value < low || value > high) {
    return refuse(fmt::format("{} is out of range; {}", digits, write));
  }
  return value;
}

Result<std::optional<int>> Window::parse(const Given& given) {
  if (is_word(given, "auto")) {
    return std::optional<int>();
  }
  if (given.kind != ValueKind::integer && given.kind != ValueKind::text) {
    return wrong_type(given, R"(write "auto" or a whole number from 10 to 27)");
  }
  TRY_ASSIGN(const std::int64_t log, parse_integer(given, 10, 27));
  return std::optional(static_cast<int>(log));
}

std::string Window::show(std::optional<int> log) {
  return log ? std::to_string(*log) : quoted("auto");
}

Result<std::optional<std::uint32_t>> Percent::parse(const Given& given) {
  constexpr std::string_view k_write = R"(write "off" or a whole number from 1 to 100)";
  if (is_word(given, "off")) {
    return std::optional<std::uint32_t>();
  }
  if (given.kind != ValueKind::integer && given.kind != ValueKind::text) {
    return wrong_type(given, k_write);
  }
  const auto percent = parse_integer(given, 1, 100);
  if (!percent) {
    return refuse(fmt::format(
        "\"{}\" is not a percentage; {}", printable(given.items.front()), k_write));
  }
  return std::optional(static_cast<std::uint32_t>(*percent));
}

std::string Percent::show(std::optional<std::uint32_t> percent) {
  return percent ? std::to_string(*percent) : quoted("off");
}

} // namespace coldpress::form
