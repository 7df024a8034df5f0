#include "worker/cli/ndjson.hpp"

#include "worker/cli/say.hpp"

#include <nlohmann/json.hpp>

namespace coldpress {

namespace {

// Keeps the order in which members are set.
using Json = nlohmann::ordered_json;

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json object_of(const Error& error) {
  Json json;
  json["code"] = std::string(name_of(error.code));
  if (error.sys != 0) {
    json["errno"] = errno_name(error.sys);
  }
  if (!error.op.empty()) {
    json["op"] = std::string(error.op);
  }
  if (!error.path.empty()) {
    json["path"] = printable(error.path);
  }
  std::string hint;
  for (const std::string& line : error.context) {
    hint += (hint.empty() ? "" : "; ") + line;
  }
  if (!hint.empty()) {
    json["hint"] = printable(hint);
  }
  return json;
}

Json counts_of(const PassSummary& summary) {
  Json counts = Json::object();
  for (const auto& [kind, number] : summary.outcomes) {
    if (kind != OutcomeKind::skipped) {
      counts[std::string(name_of(kind))] = number;
    }
  }
  for (const auto& [reason, number] : summary.skipped) {
    counts[std::string(name_of(reason))] = number;
  }
  return counts;
}

} // namespace

std::string json_of(const Decision& decision, const Forecast* forecast) {
  Json json;
  json["message_type"] = "decision";
  json["rollout"] = printable(decision.candidate.rollout);
  json["action"] = std::string(name_of(decision.action));
  json["reason"] = std::string(name_of(decision.reason));
  json["bytes"] = decision.candidate.stamp.size;
  if (forecast != nullptr) {
    json["predicted_bytes"] = forecast->bytes_after;
    json["level"] = forecast->choice.frame.level;
    json["window_log"] = forecast->choice.frame.window_log;
    json["why"] = forecast->choice.why;
  }
  return line_of(json);
}

std::string json_of(const Outcome& outcome) {
  Json json;
  json["message_type"] = "outcome";
  json["rollout"] = printable(outcome.rollout);
  json["outcome"] = std::string(name_of(outcome.kind));
  if (outcome.reason) {
    json["reason"] = std::string(name_of(*outcome.reason));
  }
  if (!outcome.detail.empty()) {
    json["detail"] = printable(outcome.detail);
  }
  json["bytes_before"] = outcome.bytes_before;
  json["bytes_after"] = outcome.bytes_after;
  if (outcome.predicted_bytes > 0) {
    json["predicted_bytes"] = outcome.predicted_bytes;
  }
  json["blocked_us"] = outcome.blocked_us;
  json["seconds"] = outcome.seconds;
  if (outcome.error) {
    json["error"] = object_of(*outcome.error);
  }
  return line_of(json);
}

std::string json_of(const Progress& progress) {
  Json json;
  json["message_type"] = "progress";
  json["done"] = progress.files_done;
  json["total"] = progress.files_total;
  json["bytes_done"] = progress.bytes_done;
  json["bytes_total"] = progress.bytes_total;
  if (progress.throttled) {
    json["waiting"] = true;
  }
  if (progress.waiting_files > 0) {
    json["waiting_files"] = progress.waiting_files;
    json["waiting_seconds"] = progress.waiting_seconds;
  }
  return line_of(json);
}

std::string json_of(const Error& error) {
  Json json;
  json["message_type"] = "error";
  json.update(object_of(error));
  return line_of(json);
}

std::string json_of(const LineInfo& line) {
  const LineFacts& facts = line.facts;
  Json json;
  json["message_type"] = "line";
  json["line"] = line.place.number;
  json["offset"] = line.place.offset;
  json["bytes"] = line.bytes;
  json["newline"] = line.newline;
  json["state"] = std::string(name_of(facts.state));
  json["ordinal"] = facts.ordinal ? Json(*facts.ordinal) : Json();
  json["type"] = facts.type.empty() ? Json() : Json(printable(facts.type));
  return line_of(json);
}

std::string json_of(const AppendReport& done, const std::string& path) {
  Json json;
  json["message_type"] = "appended";
  json["appended"] = done.appended;
  json["first_ordinal"] = done.first_ordinal ? Json(*done.first_ordinal) : Json();
  json["last_ordinal"] = done.last_ordinal ? Json(*done.last_ordinal) : Json();
  json["repaired_tail"] = done.repaired_tail;
  json["torn"] = done.torn;
  json["shared_lines"] = done.shared_lines;
  json["path"] = printable(path);
  return line_of(json);
}

std::string json_of(const PassSummary& summary, const Totals* totals) {
  Json json;
  json["message_type"] = "summary";
  json["enabled"] = !summary.disabled;
  if (summary.refused) {
    json["refused"] = {{"reason", std::string(name_of(summary.refused->reason))},
                       {"version", to_string(summary.refused->seen.version)},
                       {"release", to_string(summary.refused->seen)},
                       {"rollout", printable(summary.refused->seen.rollout)},
                       {"when", format_time(summary.refused->seen.when)},
                       {"until", format_time(counts_until(summary.refused->seen))}};
  }
  if (summary.deferred) {
    json["deferred"] = std::string(name_of(*summary.deferred));
  }
  json["counts"] = counts_of(summary);
  json["bytes_before"] = summary.bytes_before;
  json["bytes_after"] = summary.bytes_after;
  json["not_freed_yet"] = summary.not_freed_bytes;
  if (totals != nullptr) {
    json["totals"] = {{"compressed", totals->compressed},
                      {"bytes_before", totals->bytes_before},
                      {"bytes_after", totals->bytes_after}};
  }
  json["seconds"] = summary.seconds;
  json["exit"] = summary.exit_code();
  return line_of(json);
}

std::string json_of(const VerifiedRollout& seen) {
  Json json;
  json["message_type"] = "verified";
  json["rollout"] = printable(seen.rollout);
  json["ok"] = seen.result == VerifyResult::ok;
  json["result"] = std::string(name_of(seen.result));
  json["bytes"] = seen.bytes;
  if (seen.read) {
    json["plain_bytes"] = seen.read->plain_bytes;
    json["checksum"] = seen.read->checksum;
    json["compared"] = seen.compared;
  }
  if (!seen.detail.empty()) {
    json["detail"] = printable(seen.detail);
  }
  if (!seen.hint.empty()) {
    json["hint"] = printable(seen.hint);
  }
  if (seen.error) {
    json["error"] = object_of(*seen.error);
  }
  return line_of(json);
}

std::string json_of(const VerifySummary& summary) {
  Json counts = Json::object();
  for (const VerifyResult result : {VerifyResult::ok,
                                    VerifyResult::damaged,
                                    VerifyResult::unreadable,
                                    VerifyResult::gone}) {
    counts[std::string(name_of(result))] = summary.number(result);
  }
  Json json;
  json["message_type"] = "summary";
  json["counts"] = std::move(counts);
  json["left"] = summary.left;
  json["bytes"] = summary.bytes;
  json["plain_bytes"] = summary.plain_bytes;
  json["seconds"] = summary.seconds;
  json["exit"] = summary.exit_code();
  return line_of(json);
}

void print_line(const std::string& line) {
  print_data(line + "\n");
}

} // namespace coldpress
