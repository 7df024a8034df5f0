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
      run["pressed"] = row.end->pressed;
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
      {"enabled", opened.loaded.settings.compression_enabled},
      {"plain_rollouts", status.found.candidates.size()},
      {"compressed_rollouts", status.found.compressed_files},
      {"compressed_bytes", status.found.compressed_bytes},
      {"leftovers", status.found.leftovers.size()},
      {"temp_files", status.found.parts.size() + status.found.foreign_temps.size()},
      {"orphans", status.orphans.size()},
      {"codex_maintenance", status.maintenance},
      {"leases",
       {{"archived", name_of(status.leases[0])}, {"active", name_of(status.leases[1])}}},
      {"locked", status.lock && status.lock->locked}};
  if (status.lock && status.lock->locked) {
    json["holder"] = {{"pid", status.lock->process.pid},
                      {"host", printable(status.lock->process.host)},
                      {"since", format_time(status.lock->since)},
                      {"heartbeat", format_time(status.lock->heartbeat)},
                      {"generation", status.lock->generation}};
  }
  json["totals"] = {{"pressed", status.totals.pressed},
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
