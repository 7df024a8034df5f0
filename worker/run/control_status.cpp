#include "fsutil/text.hpp"
#include "worker/run/control_json.hpp"

#include <array>

namespace coldpress {

namespace {

using control::Json;
using control::Members;

constexpr std::array k_states{ServiceState::idle,
                              ServiceState::running,
                              ServiceState::paused,
                              ServiceState::stopping};

ServiceState parse_state(const Members& members, bool& good) {
  const std::string name = members.text("state");
  for (const ServiceState state : k_states) {
    if (name_of(state) == name) {
      return state;
    }
  }
  good = false;
  return ServiceState::idle;
}

Json json_of(const ServiceRun& run) {
  return {{"finished", format_time(run.finished)},
          {"exit", run.exit_code},
          {"compressed", run.compressed},
          {"bytes_before", run.bytes_before},
          {"bytes_after", run.bytes_after}};
}

ServiceRun parse_run(const Json& json, bool& good) {
  const Members members(json, good);
  ServiceRun run;
  run.finished = members.time("finished");
  run.exit_code = static_cast<int>(members.small_number("exit"));
  run.compressed = members.number("compressed");
  run.bytes_before = members.number("bytes_before");
  run.bytes_after = members.number("bytes_after");
  return run;
}

Json json_of(const ServiceProgress& progress) {
  return {{"done", progress.files_done},
          {"total", progress.files_total},
          {"bytes_done", progress.bytes_done},
          {"bytes_total", progress.bytes_total}};
}

ServiceProgress parse_progress(const Json& json, bool& good) {
  const Members members(json, good);
  return {members.number("done"),
          members.number("total"),
          members.number("bytes_done"),
          members.number("bytes_total")};
}

Json json_of(const ServicePressure& pressure) {
  return {{"on", pressure.on},
          {"free_bytes", pressure.free_bytes},
          {"min_free_bytes", pressure.min_free_bytes}};
}

ServicePressure parse_pressure(const Json& json, bool& good) {
  const Members members(json, good);
  return {
      members.flag("on"), members.number("free_bytes"), members.number("min_free_bytes")};
}

Json json_of(const ServiceStore& store) {
  Json json = {{"path", printable(store.path)},
               {"state", name_of(store.state)},
               {"paused", store.paused}};
  if (store.paused_until) {
    json["paused_until"] = format_time(*store.paused_until);
  }
  if (store.next_due) {
    json["next_due"] = format_time(*store.next_due);
  }
  json["reason"] = printable(store.reason);
  if (store.progress) {
    json["progress"] = json_of(*store.progress);
  }
  if (store.last_run) {
    json["last_run"] = json_of(*store.last_run);
  }
  json["pressure"] = json_of(store.pressure);
  return json;
}

ServiceStore parse_store(const Json& json, bool& good) {
  const Members members(json, good);
  ServiceStore store;
  store.path = members.text("path");
  store.state = parse_state(members, good);
  store.paused = members.flag("paused");
  store.reason = members.text("reason");
  store.pressure = parse_pressure(members.member("pressure"), good);
  if (members.has("paused_until")) {
    store.paused_until = members.time("paused_until");
  }
  if (members.has("next_due")) {
    store.next_due = members.time("next_due");
  }
  if (members.has("progress")) {
    store.progress = parse_progress(members.member("progress"), good);
  }
  if (members.has("last_run")) {
    store.last_run = parse_run(members.member("last_run"), good);
  }
  return store;
}

} // namespace

std::string_view name_of(ServiceState state) {
  switch (state) {
  case ServiceState::idle:
    return "idle";
  case ServiceState::running:
    return "running";
  case ServiceState::paused:
    return "paused";
  case ServiceState::stopping:
    break;
  }
  return "stopping";
}

namespace control {

Json json_of(const ServiceStatus& status) {
  Json json = {{"pid", status.pid},
               {"version", status.version},
               {"started", format_time(status.started)},
               {"state", name_of(status.state)},
               {"stores", Json::array()}};
  for (const ServiceStore& store : status.stores) {
    json["stores"].push_back(coldpress::json_of(store));
  }
  return json;
}

ServiceStatus parse_status(const Json& json, bool& good) {
  const Members members(json, good);
  ServiceStatus status;
  status.pid = members.small_number("pid");
  status.version = members.text("version");
  status.started = members.time("started");
  status.state = parse_state(members, good);
  const Json& stores = members.member("stores");
  good = good && stores.is_array();
  for (const Json& store : stores) {
    status.stores.push_back(parse_store(store, good));
  }
  return status;
}

} // namespace control

} // namespace coldpress
