#include "worker/cli/control_text.hpp"

#include "fsutil/text.hpp"
#include "worker/cli/table.hpp"

namespace coldpress {

namespace {

// The codes of DESIGN section 7.
std::string result_text(int exit_code) {
  constexpr int k_killed = 137; // SIGKILL
  switch (exit_code) {
  case 0:
    return "done";
  case 2:
    return "the configuration is invalid: coldpress config says where";
  case 3:
    return "some files failed; the next pass retries them";
  case 4:
    return "needs attention: see coldpress status";
  case 75:
    return "deferred: the store is in use";
  case 130:
  case 143:
    return "interrupted; the next pass continues";
  case k_killed:
    return "killed, by another process or because memory was short; it is retried";
  default:
    return exit_code > 128 ? fmt::format("killed by signal {}", exit_code - 128)
                           : fmt::format("failed (exit {}); the log says why", exit_code);
  }
}

std::string state_text(const ServiceStore& store) {
  std::string text(name_of(store.state));
  if (store.progress) {
    text += fmt::format(": {} of {} rollouts, {} of {}",
                        format_count(store.progress->files_done),
                        format_count(store.progress->files_total),
                        format_size(store.progress->bytes_done),
                        format_size(store.progress->bytes_total));
  }
  if (store.paused) {
    text += store.state == ServiceState::paused ? "" : "; then paused";
    text += store.paused_until ? " until " + format_time(*store.paused_until)
                               : " until coldpress control resume";
  }
  return text;
}

std::string next_text(const ServiceStore& store) {
  const std::string why = printable(store.reason);
  if (!store.next_due) {
    return why.empty() ? "none" : "none: " + why;
  }
  return format_time(*store.next_due) + (why.empty() ? "" : ": " + why);
}

std::string last_text(const ServiceStore& store) {
  if (!store.last_run) {
    return "none yet";
  }
  const ServiceRun& run = *store.last_run;
  std::string text =
      fmt::format("{}: {}", format_time(run.finished), result_text(run.exit_code));
  if (run.compressed > 0) {
    text += fmt::format("; {} compressed, {} -> {}",
                        format_count(run.compressed),
                        format_size(run.bytes_before),
                        format_size(run.bytes_after));
  }
  return text;
}

std::string space_text(const ServicePressure& pressure) {
  return fmt::format("{} free, {} the {} of pressure.min_free{}",
                     format_size(pressure.free_bytes),
                     pressure.on ? "less than" : "more than",
                     format_size(pressure.min_free_bytes),
                     pressure.on ? ": younger rollouts are compressed, too, the largest "
                                   "gain first"
                                 : "");
}

} // namespace

std::string service_text(const ServiceStatus& status) {
  std::string text = fmt::format("coldpress serve {}, pid {}, since {}: {}\n",
                                 printable(status.version),
                                 status.pid,
                                 format_time(status.started),
                                 name_of(status.state));
  for (const ServiceStore& store : status.stores) {
    Table table({Align::left, Align::left});
    table.add({"store", printable(store.path)});
    table.add({"state", state_text(store)});
    table.add({"next pass", next_text(store)});
    table.add({"last pass", last_text(store)});
    if (store.pressure.min_free_bytes > 0) {
      table.add({"space", space_text(store.pressure)});
    }
    text += table.text();
  }
  return text;
}

} // namespace coldpress
