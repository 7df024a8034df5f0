#include "fsutil/text.hpp"
#include "worker/cli/report/view.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace coldpress {

namespace {

using Json = nlohmann::ordered_json;

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void put_sizes(Json& json, const UsageGroup& group) {
  json["rollouts"] = group.rollouts;
  json["bytes"] = group.bytes;
  json["bytes_plain"] = group.bytes_plain;
  json["bytes_compressed"] = group.bytes_compressed;
  json["plain_bytes"] = group.plain_bytes;
  json["saved_bytes"] = group.saved_bytes;
  if (group.size_unknown > 0) {
    json["size_unknown"] = group.size_unknown;
  }
}

std::string group_line(Dimension dimension, const UsageGroup& group) {
  Json json;
  json["message_type"] = "group";
  json["dimension"] = std::string(name_of(dimension));
  json["name"] = printable(group.name);
  put_sizes(json, group);
  return line_of(json);
}

std::string largest_line(const UsageFile& file) {
  Json json;
  json["message_type"] = "largest";
  json["rollout"] = printable(file.rollout);
  json["form"] = std::string(name_of(file.form));
  json["bytes"] = file.bytes;
  if (file.plain) {
    json["plain_bytes"] = *file.plain;
  }
  if (!file.project.empty()) {
    json["project"] = printable(file.project);
  }
  if (!file.source.empty()) {
    json["source"] = printable(file.source);
  }
  json["modified"] = format_time(file.mtime);
  return line_of(json);
}

std::string growth_line(const Growth::Day& day) {
  Json json;
  json["message_type"] = "growth";
  json["date"] = format_time(day.date).substr(0, 10);
  json["bytes"] = day.bytes;
  return line_of(json);
}

Json json_of(const Survey::Gain& gain) {
  return {{"rollouts", gain.rollouts}, {"bytes", gain.bytes}, {"freed", gain.freed}};
}

void put_days(Json& json, const char* name, const std::optional<double>& days) {
  if (days) {
    json[name] = std::round(*days * 10) / 10;
  }
}

std::string report_line(const ReportView& view) {
  const Survey& survey = view.survey;
  Json json;
  json["message_type"] = "report";
  json["store"] = printable(survey.home);
  json["time"] = format_time(survey.now);
  json["enabled"] = survey.enabled;
  put_sizes(json, view.total);
  json["compressed"] = {{"rollouts", survey.realised.compressed},
                        {"bytes_before", survey.realised.bytes_before},
                        {"bytes_after", survey.realised.bytes_after}};
  json["would_free"] = {{"as_set", json_of(survey.as_set)},
                        {"cold", json_of(survey.cold)},
                        {"all", json_of(survey.all)}};
  json["growth_bytes_per_day"] = std::llround(survey.growth.bytes_per_day);
  json["growth_days"] = std::round(survey.growth.over_days * 10) / 10;
  json["disk_free"] = survey.space.available;
  json["disk_total"] = survey.space.total;
  put_days(json, "disk_full_days", days_left_as_it_is(survey.outlook));
  put_days(json, "disk_full_days_compressed", days_left_if_compressed(survey.outlook));
  if (survey.not_looked_into > 0) {
    json["not_looked_into"] = survey.not_looked_into;
  }
  return line_of(json);
}

} // namespace

std::string report_json(const ReportView& view) {
  std::string lines;
  for (const Dimension dimension : k_dimensions) {
    for (const UsageGroup& group : view.groups.at(dimension)) {
      lines += group_line(dimension, group) + "\n";
    }
  }
  for (const UsageFile& file : view.largest) {
    lines += largest_line(file) + "\n";
  }
  for (const Growth::Day& day : view.survey.growth.days) {
    lines += growth_line(day) + "\n";
  }
  return lines + report_line(view);
}

} // namespace coldpress
