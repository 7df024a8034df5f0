#pragma once

// Shared by the files that write and read the lines of control_protocol.hpp.

#include "worker/control/control_protocol.hpp"

#include <nlohmann/json.hpp>

namespace coldpress::control {

// Keeps the order in which members are set.
using Json = nlohmann::ordered_json;

// One object of a few levels, no member twice; empty for anything else.
std::optional<Json> parse_object(std::string_view text);

// With a newline. Bytes that are no UTF-8 are replaced.
std::string line_of(const Json& json);

// The members of an object. What is missing or of another type is read as nothing and
// sets `good` to false for good: one look at the end is enough.
class Members {
public:
  Members(const Json& object, bool& good) : object_(object), good_(good) {}

  bool has(const char* key) const { return object_.contains(key); }
  std::string text(const char* key) const;
  bool flag(const char* key) const;
  std::uint64_t number(const char* key) const;
  std::uint32_t small_number(const char* key) const; // at most 2^31 - 1
  WallTime time(const char* key) const;
  const Json& member(const char* key) const; // of any type

private:
  const Json& object_;
  bool& good_;
};

Json json_of(const ServiceStatus& status);
ServiceStatus parse_status(const Json& json, bool& good);

} // namespace coldpress::control
