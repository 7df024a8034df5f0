#pragma once

#include "config/given.hpp"
#include "config/settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The kinds of value a key may have. Each has
//   parse(Given) -> Result<Type>   Errc::invalid with one sentence: what is wrong, what
//                                  to write
//   show(Type)   -> std::string    as it could be written in TOML
//   k_written                      what to write, for a person and for completion: words
//                                  and the names of what is free, with | between
namespace coldpress::form {

struct Duration {
  static constexpr std::string_view k_written = "DURATION";
  static Result<std::chrono::milliseconds> parse(const Given& given);
  static std::string show(std::chrono::milliseconds duration);
};

// "auto" is the empty value.
struct OptionalDuration {
  static constexpr std::string_view k_written = "DURATION|auto";
  static Result<std::optional<std::chrono::milliseconds>> parse(const Given& given);
  static std::string show(std::optional<std::chrono::milliseconds> duration);
};

// "none" is the empty value.
struct DurationOrNone {
  static constexpr std::string_view k_written = "DURATION|none";
  static Result<std::optional<std::chrono::milliseconds>> parse(const Given& given);
  static std::string show(std::optional<std::chrono::milliseconds> duration);
};

// At least one second: how often something happens.
struct Interval {
  static constexpr std::string_view k_written = "DURATION";
  static Result<std::chrono::milliseconds> parse(const Given& given);
  static std::string show(std::chrono::milliseconds duration);
};

struct Size {
  static constexpr std::string_view k_written = "SIZE";
  static Result<std::uint64_t> parse(const Given& given);
  static std::string show(std::uint64_t bytes);
};

// "off" is the empty value.
struct OptionalSize {
  static constexpr std::string_view k_written = "SIZE|off";
  static Result<std::optional<std::uint64_t>> parse(const Given& given);
  static std::string show(std::optional<std::uint64_t> bytes);
};

struct Boolean {
  static constexpr std::string_view k_written = "true|false";
  static Result<bool> parse(const Given& given);
  static std::string show(bool value);
};

Result<std::int64_t>
parse_integer(const Given& given, std::int64_t low, std::int64_t high);

template <class Type, int low, int high> struct Integer {
  static constexpr std::string_view k_written = "N";
  static Result<Type> parse(const Given& given) {
    TRY_ASSIGN(const std::int64_t value, parse_integer(given, low, high));
    return static_cast<Type>(value);
  }
  static std::string show(Type value) { return std::to_string(value); }
};

// "auto", the empty value, or 10..27.
struct Window {
  static constexpr std::string_view k_written = "N|auto";
  static Result<std::optional<int>> parse(const Given& given);
  static std::string show(std::optional<int> log);
};

// "off", the empty value, or 1..100.
struct Percent {
  static constexpr std::string_view k_written = "PERCENT|off";
  static Result<std::optional<std::uint32_t>> parse(const Given& given);
  static std::string show(std::optional<std::uint32_t> percent);
};

struct Roots {
  static constexpr std::string_view k_written = "archived|active|archived,active";
  static Result<std::vector<Root>> parse(const Given& given);
  static std::string show(const std::vector<Root>& roots);
};

// Absolute directories and thread ids; anything else would silently exclude nothing.
struct Excludes {
  static constexpr std::string_view k_written = "LIST";
  static Result<std::vector<std::string>> parse(const Given& given);
  static std::string show(const std::vector<std::string>& excludes);
};

struct Directory {
  static constexpr std::string_view k_written = "DIR";
  static Result<std::string> parse(const Given& given);
  static std::string show(const std::string& path);
};

// A file or a directory; "none" is the empty string.
struct OptionalPath {
  static constexpr std::string_view k_written = "PATH|none";
  static Result<std::string> parse(const Given& given);
  static std::string show(const std::string& path);
};

struct Directories {
  static constexpr std::string_view k_written = "LIST";
  static Result<std::vector<std::string>> parse(const Given& given);
  static std::string show(const std::vector<std::string>& paths);
};

struct ReaderVersion {
  static constexpr std::string_view k_written = "VERSION";
  static Result<Version> parse(const Given& given);
  static std::string show(const Version& version);
};

// "VERSION until YYYY-MM-DD".
struct GoneReaders {
  static constexpr std::string_view k_written = "LIST";
  static Result<std::vector<GoneReader>> parse(const Given& given);
  static std::string show(const std::vector<GoneReader>& gone);
  // Each as it is written in a list.
  static std::vector<std::string> words(const std::vector<GoneReader>& gone);
};

struct OnBatteryRule {
  static constexpr std::string_view k_written = "ignore|wait";
  static Result<OnBattery> parse(const Given& given);
  static std::string show(OnBattery rule);
};

struct SharedHistoryRule {
  static constexpr std::string_view k_written = "auto|compress|skip";
  static Result<SharedHistory> parse(const Given& given);
  static std::string show(SharedHistory rule);
};

struct LogLevelName {
  static constexpr std::string_view k_written = "trace|debug|info|warn|error|off";
  static Result<std::string> parse(const Given& given);
  static std::string show(const std::string& name);
};

} // namespace coldpress::form
