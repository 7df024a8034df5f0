#pragma once

#include "config/given.hpp"
#include "config/settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// The kinds of value a key may have. Each has
//   parse(Given) -> Result<Type>   Errc::invalid with one sentence: what is wrong, what
//                                  to write
//   show(Type)   -> std::string    as it could be written in TOML
namespace coldpress::form {

struct Duration {
  static Result<std::chrono::milliseconds> parse(const Given& given);
  static std::string show(std::chrono::milliseconds duration);
};

// "auto" is the empty value.
struct OptionalDuration {
  static Result<std::optional<std::chrono::milliseconds>> parse(const Given& given);
  static std::string show(std::optional<std::chrono::milliseconds> duration);
};

// "none" is the empty value.
struct DurationOrNone {
  static Result<std::optional<std::chrono::milliseconds>> parse(const Given& given);
  static std::string show(std::optional<std::chrono::milliseconds> duration);
};

// At least one second: how often something happens.
struct Interval {
  static Result<std::chrono::milliseconds> parse(const Given& given);
  static std::string show(std::chrono::milliseconds duration);
};

struct Size {
  static Result<std::uint64_t> parse(const Given& given);
  static std::string show(std::uint64_t bytes);
};

// "off" is the empty value.
struct OptionalSize {
  static Result<std::optional<std::uint64_t>> parse(const Given& given);
  static std::string show(std::optional<std::uint64_t> bytes);
};

struct Boolean {
  static Result<bool> parse(const Given& given);
  static std::string show(bool value);
};

Result<std::int64_t>
parse_integer(const Given& given, std::int64_t low, std::int64_t high);

template <class Type, int low, int high> struct Integer {
  static Result<Type> parse(const Given& given) {
    TRY_ASSIGN(const std::int64_t value, parse_integer(given, low, high));
    return static_cast<Type>(value);
  }
  static std::string show(Type value) { return std::to_string(value); }
};

// "auto", the empty value, or 10..27.
struct Window {
  static Result<std::optional<int>> parse(const Given& given);
  static std::string show(std::optional<int> log);
};

// "off", the empty value, or 1..100.
struct Percent {
  static Result<std::optional<std::uint32_t>> parse(const Given& given);
  static std::string show(std::optional<std::uint32_t> percent);
};

struct Roots {
  static Result<std::vector<Root>> parse(const Given& given);
  static std::string show(const std::vector<Root>& roots);
};

// Absolute directories and thread ids; anything else would silently exclude nothing.
struct Excludes {
  static Result<std::vector<std::string>> parse(const Given& given);
  static std::string show(const std::vector<std::string>& excludes);
};

struct Directory {
  static Result<std::string> parse(const Given& given);
  static std::string show(const std::string& path);
};

// A file or a directory; "none" is the empty string.
struct OptionalPath {
  static Result<std::string> parse(const Given& given);
  static std::string show(const std::string& path);
};

struct Directories {
  static Result<std::vector<std::string>> parse(const Given& given);
  static std::string show(const std::vector<std::string>& paths);
};

struct ReaderVersion {
  static Result<Version> parse(const Given& given);
  static std::string show(const Version& version);
};

struct OnBatteryRule {
  static Result<OnBattery> parse(const Given& given);
  static std::string show(OnBattery rule);
};

struct SharedHistoryRule {
  static Result<SharedHistory> parse(const Given& given);
  static std::string show(SharedHistory rule);
};

struct LogLevelName {
  static Result<std::string> parse(const Given& given);
  static std::string show(const std::string& name);
};

} // namespace coldpress::form
