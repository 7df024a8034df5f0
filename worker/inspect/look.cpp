#include "worker/inspect/look.hpp"

#include "fsutil/text.hpp"
#include "locking/codex_locks.hpp"
#include "locking/kernel_lease.hpp"
#include "worker/control/control_client.hpp"
#include "worker/stage/scan.hpp"

#include <algorithm>

namespace coldpress {

std::string_view name_of(LeaseAnswer answer) {
  switch (answer) {
  case LeaseAnswer::works:
    return "works";
  case LeaseAnswer::none:
    return "none";
  case LeaseAnswer::unknown:
    break;
  }
  return "unknown";
}

LeaseAnswer probe_leases(Fs& fs, const std::string& rollout_file) {
  if (rollout_file.empty()) {
    return LeaseAnswer::unknown;
  }
  const auto handle = fs.open_read(rollout_file);
  if (!handle) {
    return LeaseAnswer::unknown;
  }
  const File file(fs, *handle);
  const auto lease = KernelLease::try_take(fs, *handle, LeaseKind::read);
  if (lease || lease.error().code == Errc::busy) {
    return LeaseAnswer::works;
  }
  return lease.error().code == Errc::unsupported ? LeaseAnswer::none
                                                 : LeaseAnswer::unknown;
}

namespace {

constexpr std::size_t k_runs = 5;
constexpr std::chrono::seconds k_patience_with_daemon{2};

template <class T> T value_or_note(Result<T> result, std::vector<Error>& errors) {
  if (result) {
    return std::move(*result);
  }
  errors.push_back(std::move(result.error()));
  return T{};
}

// Stays an error: what could not be asked is unknown.
template <class T> Result<T> noted(Result<T> result, std::vector<Error>& errors) {
  if (!result) {
    errors.push_back(result.error());
  }
  return result;
}

// What a scan may take from it.
Known read_ledger(const Store& store, StoreStatus& status) {
  auto ledger = Ledger::open_read_only(join_path(store.state_dir, "ledger.sqlite"));
  if (!ledger) {
    status.ledger_read = false;
    status.errors.push_back(std::move(ledger.error()));
    return {};
  }
  if (!*ledger) {
    return {};
  }
  status.runs = value_or_note((*ledger)->recent_runs(k_runs), status.errors);
  status.totals = value_or_note((*ledger)->totals(), status.errors);
  status.blocked = value_or_note((*ledger)->blocked_times(), status.errors);
  return value_or_note((*ledger)->known(), status.errors);
}

std::optional<DaemonAnswer> ask_after_daemon(const Clock& clock, const Store& store) {
  const auto reply =
      ask_daemon(store.control_socket(), {}, store.uid, clock, k_patience_with_daemon);
  if (!reply) {
    return reply.error().code == Errc::not_found
               ? std::nullopt
               : std::optional(DaemonAnswer{0, {}, describe(reply.error())});
  }
  if (!reply->status) {
    return DaemonAnswer{0, {}, reply->failure ? reply->failure->hint : "no status"};
  }
  const auto& stores = reply->status->stores;
  const auto found =
      std::find_if(stores.begin(), stores.end(), [&store](const ServiceStore& one) {
        return one.path == printable(store.home);
      });
  return found == stores.end()
             ? std::nullopt
             : std::optional(DaemonAnswer{reply->status->pid, *found, {}});
}

} // namespace

StoreStatus
look_at(Fs& fs, const Clock& clock, const Settings& settings, const Store& store) {
  StoreStatus status;
  const Known known = read_ledger(store, status);
  ScanRules rules{clock.wall(), settings.compat.shared_history};
  rules.list_compressed = true;
  status.found = scan(fs, store.home, rules, known.heads);
  status.frames = count_frames(fs, clock, status.found.compressed, known.own);
  status.errors.insert(
      status.errors.end(), status.found.errors.begin(), status.found.errors.end());
  status.lock = noted(peek_store_lock(fs, store.own_dir), status.errors);
  status.marker = noted(peek_marker(fs, store.home), status.errors);
  CodexLocks codex(fs, clock, store.home);
  status.daemon = ask_after_daemon(clock, store);
  status.maintenance = noted(codex.maintenance_busy(), status.errors);
  for (std::size_t root = 0; root < status.leases.size(); ++root) {
    status.leases.at(root) = probe_leases(fs, status.found.examples.at(root));
  }
  status.orphans = noted(list_orphans(fs, store.orphans_dir()), status.errors);
  return status;
}

} // namespace coldpress
