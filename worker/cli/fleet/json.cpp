#include "worker/cli/fleet/json.hpp"

#include "fsutil/capped.hpp"
#include "fsutil/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace coldpress {

namespace {

using Json = nlohmann::ordered_json;

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<std::uint64_t> number(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number_unsigned()
             ? std::optional(found->get<std::uint64_t>())
             : std::nullopt;
}

std::string word(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>()
                                                   : std::string();
}

const Json& object(const Json& json, const char* key) {
  static const Json k_none = Json::object();
  const auto found = json.find(key);
  return found != json.end() && found->is_object() ? *found : k_none;
}

std::string joined(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) {
    text += part.empty() || text.empty() ? part : ": " + part;
  }
  return text;
}

std::string error_text(const Json& error) {
  return joined(
      {word(error, "op"),
       word(error, "path"),
       word(error, "errno"),
       word(error, "hint").empty() ? word(error, "code") : word(error, "hint")});
}

void take_outcome(StoreResult& result, const Json& json) {
  const std::string outcome = word(json, "outcome");
  if (outcome == "failed" || outcome == "conflict" || outcome == "orphaned") {
    const std::string why = word(json, "detail");
    result.needs(joined({outcome,
                         word(json, "rollout"),
                         word(json, "reason"),
                         why.empty() ? error_text(object(json, "error")) : why}));
  }
}

void take_verified(StoreResult& result, const Json& json) {
  const std::string how = word(json, "result");
  if (how == "damaged" || how == "unreadable") {
    const std::string why = word(json, "detail");
    result.needs(joined({how,
                         word(json, "rollout"),
                         why.empty() ? error_text(object(json, "error")) : why}));
  }
}

// Bytes that the rollouts in the ledger were longer, all of them together.
std::optional<std::uint64_t> saved_of(const Json& totals) {
  const auto before = number(totals, "bytes_before");
  const auto after = number(totals, "bytes_after");
  return before && after ? std::optional(*before - std::min(*before, *after))
                         : std::nullopt;
}

void take_summary(StoreResult& result, const Json& json) {
  for (const auto& [key, value] : object(json, "counts").items()) {
    if (value.is_number_unsigned()) {
      result.counts[key] = value.get<std::uint64_t>();
    }
  }
  if (const auto found = json.find("enabled");
      found != json.end() && found->is_boolean()) {
    result.enabled = found->get<bool>();
  }
  if (const auto saved = saved_of(object(json, "totals"))) {
    result.saved_bytes = saved;
  }
  if (const std::string deferred = word(json, "deferred"); !deferred.empty()) {
    result.needs("deferred: " + deferred);
  }
  const Json& refused = object(json, "refused");
  if (!refused.empty()) {
    result.needs("nothing may be compressed here: " + word(refused, "reason"));
  }
}

void take_status(StoreResult& result, const Json& json) {
  const auto sum = [&json](const char* a, const char* b) {
    return number(json, a) && number(json, b)
               ? std::optional(*number(json, a) + *number(json, b))
               : std::nullopt;
  };
  result.rollouts = sum("plain_rollouts", "compressed_rollouts");
  result.bytes = sum("plain_on_disk", "compressed_on_disk");
  result.saved_bytes = saved_of(object(json, "totals"));
  if (const auto orphans = number(json, "orphans"); orphans.value_or(0) > 0) {
    result.needs(fmt::format("{} files in orphans/ need attention", *orphans));
  }
  if (json.value("complete", Json()) == false) {
    result.needs("part of the store could not be read");
  }
}

void take_report(StoreResult& result, const Json& json) {
  result.rollouts = number(json, "rollouts");
  result.bytes = number(json, "bytes");
  result.saved_bytes = number(json, "saved_bytes");
  result.would_free = number(object(object(json, "would_free"), "as_set"), "freed");
}

void take(StoreResult& result, const std::string& type, const Json& json) {
  if (type == "outcome") {
    take_outcome(result, json);
  } else if (type == "verified") {
    take_verified(result, json);
  } else if (type == "summary") {
    take_summary(result, json);
  } else if (type == "status") {
    take_status(result, json);
  } else if (type == "report") {
    take_report(result, json);
  } else if (type == "error") {
    result.needs(error_text(json));
  } else if (type == "finding" && word(json, "level") == "problem") {
    result.needs(joined({word(json, "check"), word(json, "what"), word(json, "hint")}));
  }
}

Fail bad(std::string why) {
  return Fail(Error{Errc::invalid, 0, "merge", {}, {std::move(why)}});
}

Result<Json> parse_line(std::string_view line) {
  Json json = Json::parse(line, nullptr, false);
  if (json.is_discarded()) {
    return bad("this line is no JSON; it is damaged or cut off");
  }
  if (word(json.is_object() ? json : Json::object(), "message_type").empty()) {
    return bad("this line has no message_type: it is no line of coldpress --json");
  }
  return json;
}

void put(Json& json, const char* key, const std::optional<std::uint64_t>& value) {
  if (value) {
    json[key] = *value;
  }
}

} // namespace

std::string StoreLines::take(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  const std::string type = word(json.is_object() ? json : Json::object(), "message_type");
  if (type.empty()) {
    result_.needs("it printed a line that is no JSON object");
    return {};
  }
  coldpress::take(result_, type, json);
  Json out;
  out["message_type"] = type;
  out["store"] = result_.store;
  out.update(json);
  out["store"] = result_.store;
  return line_of(out);
}

std::string json_of(const StoreResult& result) {
  Json json;
  json["message_type"] = "store";
  json["store"] = result.store;
  json["listed"] = result.listed;
  json["command"] = result.command;
  json["result"] = std::string(name_of(result.state));
  json["time"] = format_time(result.time);
  if (result.state == StoreState::running) {
    return line_of(json);
  }
  json["exit"] = result.exit;
  json["seconds"] = result.seconds;
  json["counts"] = Json(result.counts);
  if (result.counts.empty()) {
    json["counts"] = Json::object();
  }
  put(json, "rollouts", result.rollouts);
  put(json, "bytes", result.bytes);
  put(json, "saved_bytes", result.saved_bytes);
  put(json, "would_free", result.would_free);
  if (result.enabled) {
    json["enabled"] = *result.enabled;
  }
  json["attention"] = result.attention;
  if (result.attention_left > 0) {
    json["attention_left"] = result.attention_left;
  }
  return line_of(json);
}

Result<StoreResult> parse_store_result(std::string_view line) {
  TRY_ASSIGN(const Json json, parse_line(line));
  StoreResult result;
  result.store = word(json, "store");
  result.listed = word(json, "listed");
  result.command = word(json, "command");
  const auto state = state_named(word(json, "result"));
  const auto time = parse_time(word(json, "time"));
  const auto exit = number(json, "exit");
  const bool ended = state && *state != StoreState::running;
  if (result.store.empty() || result.command.empty() || !state || !time ||
      (ended && !exit)) {
    return bad(
        "a store needs store, command, result and time, and once it has ended exit");
  }
  result.state = *state;
  result.time = *time;
  result.exit = static_cast<int>(std::min<std::uint64_t>(exit.value_or(0), 255));
  const auto seconds = json.find("seconds");
  if (seconds != json.end() && seconds->is_number()) {
    result.seconds = seconds->get<double>();
  }
  for (const auto& [key, value] : object(json, "counts").items()) {
    if (!value.is_number_unsigned()) {
      return bad("counts." + printable(key) + " is no number from 0 on");
    }
    result.counts[key] = value.get<std::uint64_t>();
  }
  result.rollouts = number(json, "rollouts");
  result.bytes = number(json, "bytes");
  result.saved_bytes = number(json, "saved_bytes");
  result.would_free = number(json, "would_free");
  if (const auto found = json.find("enabled");
      found != json.end() && found->is_boolean()) {
    result.enabled = found->get<bool>();
  }
  const auto attention = json.find("attention");
  if (attention != json.end() && attention->is_array()) {
    for (const Json& sentence : *attention) {
      if (sentence.is_string()) {
        result.needs(printable(sentence.get<std::string>()));
      }
    }
  }
  result.attention_left += number(json, "attention_left").value_or(0);
  return result;
}

std::string json_of(const FleetView& view) {
  Json json;
  json["message_type"] = "stores";
  json["command"] = view.command;
  json["time"] = format_time(view.time);
  if (view.shard) {
    json["shard"] = {{"index", view.shard->index}, {"count", view.shard->count}};
  }
  if (!view.list.empty()) {
    json["list"] = view.list;
  }
  json["stores"] = view.results.size();
  Json states = Json::object();
  std::map<std::string, std::uint64_t> counts;
  std::uint64_t attention = 0;
  for (const auto& [store, result] : view.results) {
    const std::string state(name_of(result.state));
    states[state] = states.value(state, std::uint64_t{0}) + 1;
    for (const auto& [key, value] : result.counts) {
      add_capped(counts[key], value);
    }
    attention += result.attention.empty() ? 0 : 1;
  }
  json["results"] = std::move(states);
  json["left"] = view.left;
  json["counts"] = counts.empty() ? Json::object() : Json(counts);
  put(json, "rollouts", sum_of(view.results, &StoreResult::rollouts));
  put(json, "bytes", sum_of(view.results, &StoreResult::bytes));
  put(json, "saved_bytes", sum_of(view.results, &StoreResult::saved_bytes));
  put(json, "would_free", sum_of(view.results, &StoreResult::would_free));
  json["attention"] = attention;
  if (view.files > 0) {
    json["files"] = view.files;
    json["incomplete"] = view.incomplete;
    json["superseded"] = view.superseded;
    json["missing"] = view.missing;
    json["missing_shards"] = view.missing_shards;
  }
  json["exit"] = exit_of(view);
  return line_of(json);
}

Result<FleetLine> parse_fleet_line(std::string_view line) {
  TRY_ASSIGN(const Json json, parse_line(line));
  const auto none = [&json](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_array() && found->empty();
  };
  const auto index = number(object(json, "shard"), "index");
  const auto count = number(object(json, "shard"), "count");
  return FleetLine{word(json, "message_type"),
                   word(json, "command"),
                   word(json, "list"),
                   index && count ? std::optional(Shard{*index, *count}) : std::nullopt,
                   number(json, "left").value_or(0),
                   none("missing_shards") && none("missing")};
}

} // namespace coldpress
