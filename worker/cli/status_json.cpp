#include "fsutil/text.hpp"
#include "worker/cli/status_view.hpp"

#include <nlohmann/json.hpp>

namespace coldpress {

namespace {

using Json = nlohmann::ordered_json;

Json runs_of(const StoreStatus& status) {
  Json runs = Json::array();
  for (const RunRow& row : status.runs) {
    Json run = {{"started", format_time(row.start.started)},
                {"command", printable(row.start.command)}};
    if (row.end) {
      run["finished"] = format_time(row.end->finished);
      run["exit"] = row.end->exit_code;
      run["compressed"] = row.end->compressed;
      run["bytes_before"] = row.end->bytes_before;
      run["bytes_after"] = row.end->bytes_after;
    }
    runs.push_back(std::move(run));
  }
  return runs;
}

} // namespace

std::string status_json(const OpenedStore& opened, const StoreStatus& status) {
  Json json = {
      {"message_type", "status"},
      {"store", printable(opened.store.home)},
      {"complete", status.errors.empty()},
      {"enabled", opened.loaded.settings.compression_enabled},
      {"plain_rollouts", status.found.candidates.size()},
      {"compressed_rollouts", status.found.compressed_files},
      {"compressed_bytes", status.found.compressed_bytes},
      {"plain_on_disk", plain_on_disk(status.found)},
      {"compressed_on_disk", status.found.compressed_allocated},
      {"without_checksum", status.frames.without_checksum},
      {"lost_checksum", status.frames.were_ours},
      {"leftovers", status.found.leftovers.size()},
      {"temp_files", status.found.parts.size() + status.found.foreign_temps.size()},
      {"orphans", status.orphans ? Json(status.orphans->size()) : Json("unknown")},
      {"codex_maintenance",
       status.maintenance ? Json(*status.maintenance) : Json("unknown")},
      {"leases",
       {{"archived", name_of(status.leases[0])}, {"active", name_of(status.leases[1])}}},
      {"locked",
       status.lock ? Json(*status.lock && (*status.lock)->locked) : Json("unknown")}};
  if (status.lock && *status.lock && (*status.lock)->locked) {
    const StoreLockHolder& holder = **status.lock;
    json["holder"] = {{"pid", holder.process.pid},
                      {"host", printable(holder.process.host)},
                      {"since", format_time(holder.since)},
                      {"heartbeat", format_time(holder.heartbeat)},
                      {"generation", holder.generation}};
  }
  if (status.daemon && status.daemon->trouble.empty()) {
    const ServiceStore& store = status.daemon->store;
    json["daemon"] = {{"pid", status.daemon->pid},
                      {"state", name_of(store.state)},
                      {"pressure", store.pressure.on}};
    if (store.next_due) {
      json["daemon"]["next_due"] = format_time(*store.next_due);
    }
    if (!store.reason.empty()) {
      json["daemon"]["reason"] = printable(store.reason);
    }
  } else if (status.daemon) {
    json["daemon"] = {{"trouble", printable(status.daemon->trouble)}};
  }
  json["totals"] = {{"compressed", status.totals.compressed},
                    {"bytes_before", status.totals.bytes_before},
                    {"bytes_after", status.totals.bytes_after},
                    {"predicted_bytes", status.totals.predicted},
                    {"predicted_bytes_after", status.totals.predicted_after}};
  json["blocked_us"] = {{"p50", status.blocked.p50_us},
                        {"p99", status.blocked.p99_us},
                        {"max", status.blocked.max_us}};
  json["runs"] = runs_of(status);
  return json.dump();
}

} // namespace coldpress
