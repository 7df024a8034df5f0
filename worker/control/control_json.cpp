#include "worker/control/control_json.hpp"

#include "fsutil/text.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace coldpress::control {

namespace {

constexpr int k_deepest = 8;

} // namespace

std::optional<Json> parse_object(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    return std::nullopt; // the parser would take it for the end
  }
  bool good = true;
  std::vector<std::set<std::string>> keys; // of the objects that are open
  const auto look = [&](int depth, Json::parse_event_t event, Json& parsed) {
    good = good && depth <= k_deepest;
    if (event == Json::parse_event_t::object_start) {
      keys.emplace_back();
    } else if (event == Json::parse_event_t::object_end) {
      keys.pop_back();
    } else if (event == Json::parse_event_t::key) {
      good = keys.back().insert(parsed.get_ref<const std::string&>()).second && good;
    }
    return true;
  };
  Json json = Json::parse(text, look, false);
  if (!good || !json.is_object()) {
    return std::nullopt;
  }
  return json;
}

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

const Json& Members::member(const char* key) const {
  static const Json nothing;
  const auto found = object_.find(key);
  good_ = good_ && found != object_.end();
  return found == object_.end() ? nothing : *found;
}

std::string Members::text(const char* key) const {
  const auto* text = member(key).get_ptr<const std::string*>();
  good_ = good_ && text != nullptr;
  return text == nullptr ? std::string() : *text;
}

bool Members::flag(const char* key) const {
  const auto* flag = member(key).get_ptr<const bool*>();
  good_ = good_ && flag != nullptr;
  return flag != nullptr && *flag;
}

std::uint64_t Members::number(const char* key) const {
  const auto* number = member(key).get_ptr<const Json::number_unsigned_t*>();
  good_ = good_ && number != nullptr;
  return number == nullptr ? 0 : *number;
}

std::uint32_t Members::small_number(const char* key) const {
  constexpr std::uint64_t k_largest = std::numeric_limits<std::int32_t>::max();
  const std::uint64_t value = number(key);
  good_ = good_ && value <= k_largest;
  return static_cast<std::uint32_t>(std::min(value, k_largest));
}

WallTime Members::time(const char* key) const {
  const auto time = parse_time(text(key));
  good_ = good_ && time.has_value();
  return time.value_or(WallTime{});
}

} // namespace coldpress::control
