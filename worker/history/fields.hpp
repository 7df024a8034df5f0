#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress::history {

namespace dom = simdjson::dom;

// The members of one JSON object, each as the type its reader needs. Of a key that comes
// twice the last counts, as for Codex. A member of another type, or one that must be
// there and is not, makes the whole line a bad one: see ok().
class Fields {
public:
  explicit Fields(const dom::object& object) : object_(object) {}
  explicit Fields(const dom::element& value) : Fields(dom::object()) {
    ok_ = value.get(object_) == simdjson::SUCCESS;
  }

  bool ok() const { return ok_; }
  void refuse() { ok_ = false; }

  // Nothing if it is absent or null.
  std::optional<dom::element> find(std::string_view key) const {
    std::optional<dom::element> found;
    if (!ok_) {
      return found;
    }
    for (const auto& field : object_) {
      if (field.key == key) {
        found = field.value;
      }
    }
    return found && found->is_null() ? std::nullopt : found;
  }
  // How often the key is there.
  std::size_t count(std::string_view key) const {
    std::size_t times = 0;
    for (const auto& field : object_) {
      times += field.key == key ? 1 : 0;
    }
    return times;
  }

  std::optional<std::string> text_if(std::string_view key) {
    return as<std::string>(key);
  }
  std::string text(std::string_view key) { return needed<std::string>(key); }
  std::optional<std::int64_t> integer_if(std::string_view key) {
    return as<std::int64_t>(key);
  }
  std::uint64_t count_of(std::string_view key) { return needed<std::uint64_t>(key); }

private:
  template <class T> std::optional<T> as(std::string_view key) {
    const auto value = find(key);
    if (!value) {
      return std::nullopt;
    }
    if constexpr (std::is_same_v<T, std::string>) {
      std::string_view text;
      ok_ = value->get(text) == simdjson::SUCCESS;
      return std::string(ok_ ? text : std::string_view());
    } else {
      T number = 0;
      ok_ = value->get(number) == simdjson::SUCCESS;
      return number;
    }
  }
  template <class T> T needed(std::string_view key) {
    auto value = as<T>(key);
    ok_ = ok_ && value.has_value();
    return value ? std::move(*value) : T{};
  }

  dom::object object_;
  bool ok_ = true;
};

// Every string of an array; other elements are passed over.
inline std::vector<std::string> strings_of(const std::optional<dom::element>& value) {
  std::vector<std::string> all;
  dom::array array;
  if (value && value->get(array) == simdjson::SUCCESS) {
    for (const dom::element part : array) {
      std::string_view text;
      if (part.get(text) == simdjson::SUCCESS) {
        all.emplace_back(text);
      }
    }
  }
  return all;
}

} // namespace coldpress::history
