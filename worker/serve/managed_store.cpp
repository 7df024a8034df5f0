#include "worker/serve/managed_store.hpp"

#include "fsutil/log.hpp"
#include "worker/catalog/ledger.hpp"
#include "worker/rollout/name.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::size_t k_runs_to_ask = 50;
constexpr int k_killed = 128 + 9; // of a run that has left no end

// FNV-1a: the same on every machine and in every release.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return hash;
}

} // namespace

std::vector<Settings> split_stores(const Settings& settings) {
  if (settings.stores.size() < 2) {
    return {settings};
  }
  std::vector<Settings> each;
  for (const std::string& store : settings.stores) {
    Settings& one = each.emplace_back(settings);
    one.stores.clear();
    one.store = store;
    one.state_dir = join_path(store, "coldpress");
  }
  return each;
}

std::vector<std::string>
pass_environment(const std::map<std::string, std::string>& ours) {
  std::vector<std::string> out;
  for (const auto& [name, value] : ours) {
    const bool is_for_us = name.starts_with("COLDPRESS_") || name == "NOTIFY_SOCKET" ||
                           name.starts_with("WATCHDOG_") || name == "LISTEN_FDS";
    if (!is_for_us) {
      out.push_back(name + "=" + value);
    }
  }
  return out;
}

ManagedStore::ManagedStore(Fs& fs, const Clock& clock, Settings settings, Store store)
    : fs_(&fs), clock_(&clock), settings_(std::move(settings)), store_(std::move(store)),
      schedule_(schedule_rules(settings_), hash_of(store_.home)) {}

Result<ManagedStore>
ManagedStore::open(Fs& fs, const Clock& clock, Settings settings, std::uint32_t uid) {
  TRY_ASSIGN(Store store, open_store(fs, settings, uid));
  ManagedStore managed(fs, clock, std::move(settings), std::move(store));
  managed.read_last_run();
  managed.look_at_pause();
  // Not between passes: a store that is unmounted or replaced would be held for ever.
  managed.store_.held.reset();
  return managed;
}

void ManagedStore::read_last_run() {
  const BootTime now = clock_->boot();
  auto ledger = Ledger::open_read_only(join_path(store_.state_dir, "ledger.sqlite"));
  auto runs = ledger && *ledger ? (*ledger)->recent_runs(k_runs_to_ask)
                                : Result<std::vector<RunRow>>(std::vector<RunRow>());
  if (!ledger || !runs) { // a cache: the first pass puts it right
    log_debug("{}: {}", name(), describe(ledger ? runs.error() : ledger.error()));
    schedule_.start(now, std::nullopt, 0);
    return;
  }
  const auto last = std::find_if(runs->begin(), runs->end(), [](const RunRow& row) {
    return row.start.command == "run";
  });
  if (last == runs->end()) {
    schedule_.start(now, std::nullopt, 0);
    return;
  }
  if (!last->end) { // killed, or another run is under way: then the pass says busy
    last_run_ = ServiceRun{last->start.started, k_killed, 0, 0, 0};
    schedule_.start(now, clock_->wall() - last->start.started, k_killed);
    return;
  }
  const RunEnd& end = *last->end;
  last_run_ = ServiceRun{
      end.finished, end.exit_code, end.compressed, end.bytes_before, end.bytes_after};
  schedule_.start(now, clock_->wall() - end.finished, end.exit_code);
}

std::string ManagedStore::name() const {
  return printable(store_.home);
}

std::string ManagedStore::tree() const {
  return join_path(store_.home, tree_name(Root::archived));
}

void ManagedStore::set_settings(Settings settings) {
  settings_ = std::move(settings);
  schedule_.set_rules(schedule_rules(settings_));
}

void ManagedStore::look_at_pause() {
  pause_ = look_for_pause(*fs_, store_.own_dir, clock_->wall());
  if (pause_.on != schedule_.paused()) {
    schedule_.set_paused(clock_->boot(), pause_.on);
  }
}

std::string ManagedStore::look_at_space() {
  if (!settings_.pressure.min_free_bytes) {
    free_bytes_.reset();
    return {};
  }
  const auto space = fs_->space(store_.home);
  if (!space) {
    return {}; // a pass will say what is wrong with the store
  }
  free_bytes_ = space->available;
  switch (schedule_.free_space(clock_->boot(), space->available)) {
  case SpaceNews::none:
    break;
  case SpaceNews::short_now:
    return fmt::format("only {} are free, less than pressure.min_free: rollouts older "
                       "than {} are compressed now, and every hour",
                       format_size(space->available),
                       format_duration(cold_after()));
  case SpaceNews::enough_again:
    return fmt::format("{} are free again: back to scan.cold_after and serve.every",
                       format_size(space->available));
  }
  return {};
}

std::string ManagedStore::look_at_store() {
  if (!gone_ || !open_store(*fs_, settings_, store_.uid)) {
    return {};
  }
  gone_ = false;
  schedule_.ask(clock_->boot());
  return "the store is back";
}

void ManagedStore::look_at_arrival(const std::string& name) {
  if (!parse_rollout_name(name) || name.ends_with(".zst")) {
    return;
  }
  const auto stat = fs_->lstat(join_path(tree(), name));
  if (stat && stat->type == FileType::regular &&
      clock_->wall() - stat->mtime >= cold_after()) {
    schedule_.archived(clock_->boot());
  }
}

std::chrono::milliseconds ManagedStore::cold_after() const {
  const auto usual = settings_.scan.cold_after;
  return schedule_.compressed_for_space() ? std::min(usual, settings_.pressure.cold_after)
                                          : usual;
}

Settings ManagedStore::pass_settings() const {
  Settings settings = settings_;
  settings.scan.cold_after = cold_after();
  return settings;
}

void ManagedStore::pass_began() {
  report_ = {};
  schedule_.pass_began();
}

PassNews ManagedStore::take_line(std::string_view line) {
  return report_.take(line);
}

void ManagedStore::pass_ended(int exit_code) {
  schedule_.pass_ended(clock_->boot(), exit_code);
  gone_ = exit_code != 0 && !open_store(*fs_, settings_, store_.uid);
  const PassResult result = report_.result().value_or(PassResult{});
  last_run_ = ServiceRun{clock_->wall(),
                         exit_code,
                         result.compressed,
                         result.bytes_before,
                         result.bytes_after};
}

} // namespace coldpress
