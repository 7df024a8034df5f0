#include "worker/cli/command.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/summary_text.hpp"
#include "worker/cli/table.hpp"
#include "worker/run/look.hpp"

#include <nlohmann/json.hpp>

namespace coldpress {

namespace {

std::string lock_text(const StoreStatus& status) {
  if (!status.lock || (!status.lock->locked && status.lock->released)) {
    return "free";
  }
  const StoreLockHolder& holder = *status.lock;
  return fmt::format("{} pid {} on {} since {}, last heartbeat {}",
                     holder.locked ? "held by" : "left by",
                     holder.process.pid,
                     printable(holder.process.host),
                     format_time(holder.since),
                     format_time(holder.heartbeat));
}

std::string marker_text(const StoreStatus& status) {
  if (!status.marker) {
    return "none";
  }
  return fmt::format("{} pid {}, {}",
                     status.marker->ours ? "coldpress" : "Codex",
                     status.marker->pid,
                     format_time(status.marker->mtime));
}

std::string run_result(const RunRow& row) {
  if (!row.end) {
    return "still going, or it was killed";
  }
  const RunEnd& end = *row.end;
  std::string text = fmt::format("exit {}: {} pressed, {} -> {}",
                                 end.exit_code,
                                 format_count(end.pressed),
                                 format_size(end.bytes_before),
                                 format_size(end.bytes_after));
  if (end.failed > 0) {
    text += fmt::format(", {} failed", format_count(end.failed));
  }
  return text;
}

std::string leases_text(const StoreStatus& status) {
  std::string text;
  for (const Root root : {Root::archived, Root::active}) {
    const LeaseAnswer answer = status.leases.at(static_cast<std::size_t>(root));
    text +=
        fmt::format("{}{}: {}", text.empty() ? "" : ", ", name_of(root), name_of(answer));
  }
  return text;
}

std::string orphans_text(const std::vector<Orphan>& orphans) {
  Table table({Align::right, Align::left, Align::left});
  for (const Orphan& orphan : orphans) {
    table.add({format_size(orphan.bytes),
               format_time(orphan.since),
               printable(orphan.plain_name.empty() ? orphan.path : orphan.plain_name)});
  }
  return table.text("  ");
}

void print_for_people(const OpenedStore& opened, const StoreStatus& status) {
  std::uint64_t plain = 0;
  for (const Candidate& candidate : status.found.candidates) {
    plain += candidate.stamp.size;
  }
  Table table({Align::left, Align::left});
  table.add({"store", printable(opened.store.home)});
  table.add({"feature",
             opened.loaded.settings.compression_enabled
                 ? "on"
                 : "off: nothing is changed (local_thread_store_compression)"});
  table.add({"plain",
             fmt::format("{} rollouts, {}",
                         format_count(status.found.candidates.size()),
                         format_size(plain))});
  table.add({"pressed",
             fmt::format("{} rollouts, {} on disk",
                         format_count(status.found.compressed_files),
                         format_size(status.found.compressed_bytes))});
  if (status.totals.pressed > 0) {
    table.add(
        {"",
         fmt::format("by coldpress: {} rollouts, {} -> {} ({})",
                     format_count(status.totals.pressed),
                     format_size(status.totals.bytes_before),
                     format_size(status.totals.bytes_after),
                     ratio_text(status.totals.bytes_before, status.totals.bytes_after))});
  }
  if (status.blocked.count > 0) {
    table.add({"writers waited",
               fmt::format("p50 {} us, p99 {} us, at most {} us",
                           status.blocked.p50_us,
                           status.blocked.p99_us,
                           status.blocked.max_us)});
  }
  table.add({"store lock", lock_text(status)});
  table.add({"Codex maintenance", status.maintenance ? "running" : "not running"});
  table.add({"kernel leases", leases_text(status)});
  table.add({"run marker", marker_text(status)});
  table.add({"leftovers",
             fmt::format("{} rollouts with more than one form or a retired file, {} temp "
                         "files, {} orphans",
                         status.found.leftovers.size(),
                         status.found.parts.size() + status.found.foreign_temps.size(),
                         status.orphans.size())});
  out("{}", table.text());
  if (!status.orphans.empty()) {
    out("moved aside to coldpress/orphans: bytes that are in no rollout. Compare and join "
        "them,\nor remove them by hand when nobody needs them:\n{}",
        orphans_text(status.orphans));
  }
  Table runs({Align::left, Align::left, Align::left});
  for (const RunRow& row : status.runs) {
    runs.add(
        {format_time(row.start.started), printable(row.start.command), run_result(row)});
  }
  out("{}{}", runs.rows() > 0 ? "last runs\n" : "no runs yet\n", runs.text("  "));
}

void print_json(const OpenedStore& opened, const StoreStatus& status) {
  using Json = nlohmann::ordered_json;
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
                    {"bytes_after", status.totals.bytes_after}};
  json["blocked_us"] = {{"p50", status.blocked.p50_us},
                        {"p99", status.blocked.p99_us},
                        {"max", status.blocked.max_us}};
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
  json["runs"] = std::move(runs);
  print_line(json.dump());
}

} // namespace

int cmd_status(const Context& context) {
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  const StoreStatus status =
      look_at(context.fs, context.clock, opened->loaded.settings, opened->store);
  for (const Error& error : status.errors) {
    err("coldpress: {}\n", printable(describe(error)));
  }
  context.options.json ? print_json(*opened, status) : print_for_people(*opened, status);
  return static_cast<int>(status.errors.empty() ? Exit::ok : Exit::some_failed);
}

} // namespace coldpress
