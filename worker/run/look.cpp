#include "worker/run/look.hpp"

#include "locking/codex_locks.hpp"
#include "worker/rollout/name.hpp"
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

std::vector<Orphan> list_orphans(Fs& fs, const Store& store) {
  const std::string dir = join_path(store.own_dir, "orphans");
  const auto entries = fs.list_dir(dir);
  std::vector<Orphan> orphans;
  for (const DirEntry& entry : entries ? *entries : std::vector<DirEntry>{}) {
    const std::string path = join_path(dir, entry.name);
    const auto stat = fs.lstat(path);
    if (!stat || stat->type != FileType::regular) {
      continue;
    }
    // A second orphan of one rollout has a number behind its name.
    const std::string first = entry.name.substr(0, entry.name.find(".coldpress-retired"));
    orphans.push_back(
        {path,
         retired_plain_name(first + ".coldpress-retired").value_or(std::string()),
         stat->size,
         stat->ctime});
  }
  std::sort(orphans.begin(), orphans.end(), [](const Orphan& a, const Orphan& b) {
    return a.since < b.since;
  });
  return orphans;
}

namespace {

constexpr std::size_t k_runs = 5;

template <class T> T value_or_note(Result<T> result, std::vector<Error>& errors) {
  if (result) {
    return std::move(*result);
  }
  errors.push_back(std::move(result.error()));
  return T{};
}

// What a scan may take from it.
HeadMemory read_ledger(const Store& store, StoreStatus& status) {
  auto ledger = Ledger::open_read_only(join_path(store.state_dir, "ledger.sqlite"));
  if (!ledger) {
    status.errors.push_back(std::move(ledger.error()));
    return {};
  }
  if (!*ledger) {
    return {};
  }
  status.runs = value_or_note((*ledger)->recent_runs(k_runs), status.errors);
  status.totals = value_or_note((*ledger)->totals(), status.errors);
  status.blocked = value_or_note((*ledger)->blocked_times(), status.errors);
  return value_or_note((*ledger)->known(), status.errors).heads;
}

} // namespace

StoreStatus
look_at(Fs& fs, const Clock& clock, const Settings& settings, const Store& store) {
  StoreStatus status;
  const HeadMemory known = read_ledger(store, status);
  status.found =
      scan(fs, store.home, {clock.wall(), settings.compat.shared_history}, known);
  status.errors.insert(
      status.errors.end(), status.found.errors.begin(), status.found.errors.end());
  status.lock = value_or_note(peek_store_lock(fs, store.own_dir), status.errors);
  status.marker = value_or_note(peek_marker(fs, store.home), status.errors);
  CodexLocks codex(fs, clock, store.home);
  status.maintenance = value_or_note(codex.maintenance_busy(), status.errors);
  for (std::size_t root = 0; root < status.leases.size(); ++root) {
    status.leases.at(root) = probe_leases(fs, status.found.examples.at(root));
  }
  status.orphans = list_orphans(fs, store);
  return status;
}

} // namespace coldpress
