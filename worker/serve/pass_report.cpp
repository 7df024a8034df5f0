#include "worker/serve/pass_report.hpp"

#include <nlohmann/json.hpp>

namespace coldpress {

namespace {

using Json = nlohmann::json;

std::uint64_t number(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>()
                                                            : 0;
}

std::string word(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>()
                                                   : std::string();
}

ServiceProgress progress_of(const Json& json) {
  return {number(json, "done"),
          number(json, "total"),
          number(json, "bytes_done"),
          number(json, "bytes_total")};
}

PassResult result_of(const Json& json) {
  PassResult result;
  const Json counts = json.value("counts", Json::object());
  if (counts.is_object()) {
    result.compressed = number(counts, "compressed") + number(counts, "recompressed");
    result.reaped = number(counts, "reaped");
    result.failed = number(counts, "failed");
    result.needing_a_person = number(counts, "conflict") + number(counts, "orphaned");
  }
  result.bytes_before = number(json, "bytes_before");
  result.bytes_after = number(json, "bytes_after");
  result.not_freed_bytes = number(json, "not_freed_yet");
  const auto seconds = json.find("seconds");
  result.seconds =
      seconds != json.end() && seconds->is_number() ? seconds->get<double>() : 0;
  const auto refused = json.find("refused");
  result.refused = refused != json.end() && refused->is_object()
                       ? word(*refused, "reason")
                       : std::string();
  result.deferred = word(json, "deferred");
  return result;
}

} // namespace

void LineCutter::feed(std::string_view bytes,
                      const std::function<void(std::string_view)>& line) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    dropping_ = dropping_ || begun_.size() + part.size() > longest_;
    if (dropping_) {
      std::string().swap(begun_);
    } else {
      begun_ += part;
    }
    if (end == std::string_view::npos) {
      return;
    }
    if (!dropping_) {
      line(begun_);
    }
    begun_.clear();
    dropping_ = false;
    bytes.remove_prefix(end + 1);
  }
}

PassNews PassReport::take(std::string_view line) {
  // Most lines are of one rollout each. That they come is enough.
  if (line.starts_with(R"({"message_type":"decision")") ||
      line.starts_with(R"({"message_type":"outcome")")) {
    return PassNews::moved;
  }
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) {
    return PassNews::none;
  }
  const std::string type = word(json, "message_type");
  if (type == "progress") {
    const ServiceProgress now = progress_of(json);
    const bool moved = !progress_ || *progress_ != now;
    progress_ = now;
    return moved                                   ? PassNews::moved
           : json.value("waiting", Json()) == true ? PassNews::waits
                                                   : PassNews::none;
  }
  if (type == "summary") {
    result_ = result_of(json);
    return PassNews::moved;
  }
  if (type == "error") {
    error_ = word(json, "hint");
    error_ = error_.empty() ? word(json, "code") : error_;
  }
  return PassNews::none;
}

} // namespace coldpress
