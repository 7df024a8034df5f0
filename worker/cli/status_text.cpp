#include "fsutil/capped.hpp"
#include "fsutil/text.hpp"
#include "worker/cli/status_view.hpp"
#include "worker/cli/summary_text.hpp"
#include "worker/cli/table.hpp"

#include <algorithm>

namespace coldpress {

namespace {

std::string unknown_text(const Error& error) {
  return "unknown: " + printable(describe(error));
}

std::string lock_text(const StoreStatus& status) {
  if (!status.lock) {
    return unknown_text(status.lock.error());
  }
  if (!*status.lock || (!(*status.lock)->locked && (*status.lock)->released)) {
    return "free";
  }
  const StoreLockHolder& holder = **status.lock;
  return fmt::format("{} pid {} on {} since {}, last heartbeat {}",
                     holder.locked ? "held by" : "left by",
                     holder.process.pid,
                     printable(holder.process.host),
                     format_time(holder.since),
                     format_time(holder.heartbeat));
}

std::string marker_text(const StoreStatus& status) {
  if (!status.marker) {
    return unknown_text(status.marker.error());
  }
  if (!*status.marker) {
    return "none";
  }
  const MarkerInfo& marker = **status.marker;
  return fmt::format("{} pid {}, {}",
                     marker.ours ? "coldpress" : "Codex",
                     marker.pid,
                     format_time(marker.mtime));
}

std::string daemon_text(const StoreStatus& status) {
  if (!status.daemon) {
    return "not running";
  }
  if (!status.daemon->trouble.empty()) {
    return printable(status.daemon->trouble);
  }
  const ServiceStore& store = status.daemon->store;
  std::string text = fmt::format("pid {}, {}", status.daemon->pid, name_of(store.state));
  if (store.paused_until) {
    text += " until " + format_time(*store.paused_until);
  }
  if (store.next_due) {
    text += ", next pass at " + format_time(*store.next_due);
  }
  if (!store.reason.empty()) {
    text += ": " + printable(store.reason);
  }
  if (store.pressure.on) {
    text += fmt::format("; only {} free, so passes are more frequent",
                        format_size(store.pressure.free_bytes));
  }
  return text;
}

std::string run_result(const RunRow& row) {
  if (!row.end) {
    return "still running, or killed";
  }
  const RunEnd& end = *row.end;
  std::string text = fmt::format("exit {}", end.exit_code);
  if (row.start.command == "run" || row.start.command == "serve") {
    text += fmt::format(": {} compressed, {} -> {}",
                        format_count(end.compressed),
                        format_size(end.bytes_before),
                        format_size(end.bytes_after));
  }
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
    const std::string& type = status.found.not_local.at(static_cast<std::size_t>(root));
    if (!type.empty()) {
      text += fmt::format(" ({} is not known to be local)", printable(type));
    }
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

// Of each rollout with more than one form, or with a retired one, where it stands and in
// which forms.
std::string leftovers_text(const OpenedStore& opened, const StoreStatus& status) {
  constexpr std::size_t k_shown = 10;
  const auto& leftovers = status.found.leftovers;
  Table table({Align::left, Align::left});
  for (std::size_t i = 0; i < std::min(k_shown, leftovers.size()); ++i) {
    std::string forms;
    std::vector<FoundFile> files = leftovers[i].files;
    std::sort(files.begin(), files.end(), [](const FoundFile& a, const FoundFile& b) {
      return a.role < b.role;
    });
    for (const FoundFile& file : files) {
      forms += forms.empty() ? "" : " + ";
      forms += name_of(file.role);
    }
    const std::string& path = leftovers[i].files.front().path;
    table.add({forms,
               printable(parent_dir(path).substr(opened.store.home.size() + 1) + "/" +
                         leftovers[i].plain_name)});
  }
  std::string text =
      "more than one form of a rollout, or a retired plain file; the next run or "
      "coldpress\nsweep cleans up what it can, and says what to do about the rest:\n" +
      table.text("  ");
  if (leftovers.size() > k_shown) {
    text += fmt::format("  and {} more\n", format_count(leftovers.size() - k_shown));
  }
  return text;
}

// What is on the disk; and the length, where holes make that another thing.
std::string plain_size_text(const Inventory& found) {
  std::uint64_t length = 0;
  for (const Candidate& candidate : found.candidates) {
    add_capped(length, candidate.stamp.size);
  }
  const std::uint64_t on_disk = plain_on_disk(found);
  const std::string text = format_size(on_disk) + " on disk";
  return length / 2 > on_disk
             ? fmt::format("{} by their lengths, {}", format_size(length), text)
             : text;
}

Table facts(const OpenedStore& opened, const StoreStatus& status) {
  Table table({Align::left, Align::left});
  table.add({"store", printable(opened.store.home)});
  table.add({"feature",
             opened.loaded.settings.compression_enabled
                 ? "on"
                 : "off: nothing is changed (local_thread_store_compression)"});
  table.add({"plain",
             fmt::format("{} rollouts, {}",
                         format_count(status.found.candidates.size()),
                         plain_size_text(status.found))});
  table.add({"compressed",
             fmt::format("{} rollouts, {} on disk",
                         format_count(status.found.compressed_files),
                         format_size(status.found.compressed_allocated))});
  if (status.frames.without_checksum > 0) {
    table.add({"",
               fmt::format("{} without a checksum, of which runs recompress {} that "
                           "coldpress made{}",
                           format_count(status.frames.without_checksum),
                           format_count(status.frames.were_ours),
                           status.frames.were_ours < status.frames.without_checksum
                               ? "; --recompress includes the others"
                               : "")});
  }
  if (status.totals.compressed > 0) {
    table.add(
        {"",
         fmt::format("by coldpress: {} rollouts, {} -> {} ({})",
                     format_count(status.totals.compressed),
                     format_size(status.totals.bytes_before),
                     format_size(status.totals.bytes_after),
                     ratio_text(status.totals.bytes_before, status.totals.bytes_after))});
  }
  if (status.totals.predicted > 0) {
    table.add({"",
               fmt::format("predicted {}, actual {}",
                           format_size(status.totals.predicted),
                           format_size(status.totals.predicted_after))});
  }
  if (status.blocked.count > 0) {
    table.add({"writers waited",
               fmt::format("p50 {} us, p99 {} us, at most {} us",
                           status.blocked.p50_us,
                           status.blocked.p99_us,
                           status.blocked.max_us)});
  }
  table.add({"coldpress serve", daemon_text(status)});
  table.add({"store lock", lock_text(status)});
  table.add({"Codex maintenance",
             !status.maintenance   ? unknown_text(status.maintenance.error())
             : *status.maintenance ? "running"
                                   : "not running"});
  table.add({"kernel leases", leases_text(status)});
  table.add({"run marker", marker_text(status)});
  table.add({"leftovers",
             fmt::format("{} rollouts with more than one form or a retired file, {} temp "
                         "files, {} orphans",
                         status.found.leftovers.size(),
                         status.found.parts.size() + status.found.foreign_temps.size(),
                         status.orphans ? std::to_string(status.orphans->size())
                                        : std::string("an unknown number of"))});
  return table;
}

} // namespace

std::uint64_t plain_on_disk(const Inventory& found) {
  std::uint64_t bytes = 0;
  for (const Candidate& candidate : found.candidates) {
    add_capped(bytes, candidate.allocated);
  }
  return bytes;
}

std::string status_text(const OpenedStore& opened, const StoreStatus& status) {
  std::string text = facts(opened, status).text();
  if (!status.found.leftovers.empty()) {
    text += leftovers_text(opened, status);
  }
  if (status.orphans && !status.orphans->empty()) {
    text +=
        "moved to coldpress/orphans: bytes that are in no rollout. Compare and merge "
        "them, or\nremove those older than 30 days with coldpress sweep --orphans:\n" +
        orphans_text(*status.orphans);
  }
  Table runs({Align::left, Align::left, Align::left});
  for (const RunRow& row : status.runs) {
    runs.add(
        {format_time(row.start.started), printable(row.start.command), run_result(row)});
  }
  text += !status.ledger_read ? "last runs: unknown, the ledger cannot be read\n"
          : runs.rows() > 0   ? "last runs\n"
                              : "no runs yet\n";
  return text + runs.text("  ");
}

} // namespace coldpress
