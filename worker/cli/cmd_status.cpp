#include "locking/codex_locks.hpp"
#include "locking/run_marker.hpp"
#include "locking/store_lock.hpp"
#include "worker/catalog/ledger.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/summary_text.hpp"
#include "worker/cli/table.hpp"
#include "worker/stage/scan.hpp"

#include <nlohmann/json.hpp>

namespace coldpress {

namespace {

constexpr std::size_t k_runs = 5;

struct Status {
  std::optional<StoreLockHolder> lock;
  std::optional<MarkerInfo> marker;
  bool maintenance = false;
  Inventory found;
  std::vector<DirEntry> orphans;
  std::vector<RunRow> runs;
  Totals totals;
  BlockedTimes blocked;
  std::vector<Error> errors; // what could not be found out
};

template <class T> T value_or_note(Result<T> result, std::vector<Error>& errors) {
  if (result) {
    return std::move(*result);
  }
  errors.push_back(std::move(result.error()));
  return T{};
}

void read_ledger(const Store& store, Status& status) {
  auto ledger = Ledger::open_read_only(join_path(store.state_dir, "ledger.sqlite"));
  if (!ledger) {
    status.errors.push_back(std::move(ledger.error()));
  } else if (*ledger) {
    status.runs = value_or_note((*ledger)->recent_runs(k_runs), status.errors);
    status.totals = value_or_note((*ledger)->totals(), status.errors);
    status.blocked = value_or_note((*ledger)->blocked_times(), status.errors);
  }
}

Status look(const Context& context, const OpenedStore& opened) {
  Fs& fs = context.fs;
  const Store& store = opened.store;
  Status status;
  status.found =
      scan(fs,
           store.home,
           {context.clock.wall(), opened.loaded.settings.compat.shared_history});
  status.lock = value_or_note(peek_store_lock(fs, store.state_dir), status.errors);
  status.marker = value_or_note(peek_marker(fs, store.home), status.errors);
  CodexLocks codex(fs, context.clock, store.home);
  status.maintenance = value_or_note(codex.maintenance_busy(), status.errors);
  const auto orphans = fs.list_dir(join_path(store.state_dir, "orphans"));
  status.orphans = orphans ? *orphans : std::vector<DirEntry>{};
  read_ledger(store, status);
  return status;
}

std::string lock_text(const Status& status) {
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

std::string marker_text(const Status& status) {
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

void print_for_people(const OpenedStore& opened, const Status& status) {
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
  table.add({"run marker", marker_text(status)});
  table.add({"leftovers",
             fmt::format("{} rollouts with more than one form or a retired file, {} temp "
                         "files, {} orphans",
                         status.found.leftovers.size(),
                         status.found.parts.size() + status.found.foreign_temps.size(),
                         status.orphans.size())});
  out("{}", table.text());
  Table runs({Align::left, Align::left, Align::left});
  for (const RunRow& row : status.runs) {
    runs.add(
        {format_time(row.start.started), printable(row.start.command), run_result(row)});
  }
  out("{}{}", runs.rows() > 0 ? "last runs\n" : "no runs yet\n", runs.text("  "));
}

void print_json(const OpenedStore& opened, const Status& status) {
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
  Status status = look(context, *opened);
  for (const auto* errors : {&status.found.errors, &status.errors}) {
    for (const Error& error : *errors) {
      err("coldpress: {}\n", printable(describe(error)));
    }
  }
  context.options.json ? print_json(*opened, status) : print_for_people(*opened, status);
  return static_cast<int>(status.found.errors.empty() && status.errors.empty()
                              ? Exit::ok
                              : Exit::some_failed);
}

} // namespace coldpress
