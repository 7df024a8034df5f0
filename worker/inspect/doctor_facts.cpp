#include "worker/inspect/doctor_facts.hpp"

#include "config/codex_config.hpp"
#include "config/memory_bound.hpp"
#include "locking/codex_locks.hpp"
#include "locking/held_file.hpp"
#include "worker/control/control_client.hpp"
#include "worker/inspect/doctor_proc.hpp"
#include "worker/preflight/way_out.hpp"
#include "worker/rollout/codec.hpp"
#include "worker/rollout/name.hpp"
#include "worker/verify/damage_advice.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::size_t k_small = std::size_t{1} << 20U;
constexpr std::size_t k_runs = 200;
constexpr std::size_t k_troubled = 1000;

std::string text_of(Fs& fs, const std::string& path) {
  return read_small(fs, path, k_small).value_or(std::string());
}

// The file may be what is wrong, or a variable: the flags were asked for just now, and
// stay.
LoadInputs without_file_and_environment(const LoadInputs& inputs) {
  LoadInputs bare = inputs;
  bare.config_path = "/dev/null";
  std::erase_if(bare.environment, [](const auto& variable) {
    return variable.first.starts_with("COLDPRESS_") &&
           variable.first != "COLDPRESS_STORE";
  });
  return bare;
}

Result<ConfigFacts> look_up_config(Fs& fs, const LoadInputs& inputs) {
  ConfigFacts facts;
  auto loaded = load_settings(inputs);
  if (!loaded) {
    facts.error = std::move(loaded.error());
    loaded = load_settings(without_file_and_environment(inputs));
  }
  if (!loaded) {
    return Fail(std::move(loaded.error()));
  }
  facts.loaded = std::move(*loaded);
  if (!facts.error && !facts.loaded.config_file.empty()) {
    // What a link names is what counts.
    const auto real = fs.real_path(facts.loaded.config_file);
    facts.file = real ? fs.lstat(*real) : Result<FileStat>(Fail(Error(real.error())));
  }
  return facts;
}

DirFacts look_up_dir(Fs& fs, std::string name, std::string path) {
  DirFacts facts;
  facts.name = std::move(name);
  facts.path = std::move(path);
  facts.stat = fs.lstat(facts.path);
  facts.space = fs.space(facts.path);
  return facts;
}

// Ours may be links: they are followed.
std::optional<DirFacts> look_up_own(Fs& fs, std::string name, const std::string& path) {
  const auto real = fs.real_path(path);
  if (!real && real.error().code == Errc::not_found) {
    return std::nullopt;
  }
  return look_up_dir(fs, std::move(name), real ? *real : path);
}

std::optional<bool> takes_unnamed(Fs& fs, const std::string& dir) {
  const auto made = fs.create_unnamed(dir);
  if (made) {
    fs.close(*made);
    return true;
  }
  return made.error().code == Errc::unsupported ? std::optional(false) : std::nullopt;
}

Result<bool> is_held(Fs& fs, const std::string& path) {
  const auto handle = open_existing(fs, path);
  if (!handle) {
    return handle.error().code == Errc::not_found
               ? Result<bool>(false)
               : Result<bool>(Fail(Error(handle.error())));
  }
  const File file(fs, *handle);
  return is_locked(fs, file.handle());
}

LockFacts look_up_locks(Fs& fs, const Store& store) {
  const CodexLockPaths codex(store.home);
  LockFacts facts;
  facts.store = peek_store_lock(fs, store.own_dir);
  facts.marker = peek_marker(fs, store.home);
  facts.maintenance = is_held(fs, codex.maintenance);
  facts.coordination = is_held(fs, codex.coordination);
  const std::string locks = text_of(fs, "/proc/locks");
  const std::pair<const char*, std::string> named[] = {
      {"store", store_lock_path(store.own_dir)},
      {"maintenance", codex.maintenance},
      {"coordination", codex.coordination}};
  for (const auto& [name, path] : named) {
    const auto stat = fs.lstat(path);
    const auto pid = stat ? flock_holder(locks, stat->device, stat->inode) : std::nullopt;
    if (pid) {
      facts.pids[name] = *pid;
    }
  }
  return facts;
}

Result<std::optional<ControlReply>>
look_up_daemon(const Clock& clock, const Store& store, std::uint32_t uid) {
  constexpr std::chrono::seconds k_patience{2};
  auto reply = ask_daemon(store.control_socket(), {}, uid, clock, k_patience);
  if (reply) {
    return std::optional(std::move(*reply));
  }
  if (reply.error().code == Errc::not_found) {
    return std::optional<ControlReply>();
  }
  return Fail(std::move(reply.error()));
}

template <class T> T take(Result<T> result, LedgerFacts& facts) {
  if (result) {
    return std::move(*result);
  }
  if (!facts.error) {
    facts.error = std::move(result.error());
  }
  return T{};
}

void look_up_verified(Fs& fs,
                      const Store& store,
                      const Verifications& verifications,
                      LedgerFacts& facts) {
  for (const auto& [rollout, seen] : verifications) {
    const std::string path = compressed_name(join_path(store.home, rollout));
    const auto stat = fs.lstat(path);
    if (!stat || stat->size != seen.frame_bytes || stat->mtime != seen.frame_mtime) {
      continue; // another file by now, or none
    }
    if (!seen.ok) {
      facts.damaged.push_back({seen, damage_advice(fs, store, path)});
    } else if (seen.at > WallTime{}) {
      facts.verified += 1;
      facts.verified_first = std::min(facts.verified_first.value_or(seen.at), seen.at);
      if (!seen.detail.empty()) {
        facts.unread.push_back(seen);
      }
    }
  }
  std::sort(facts.damaged.begin(),
            facts.damaged.end(),
            [](const DamagedFile& a, const DamagedFile& b) {
              return a.seen.rollout < b.seen.rollout;
            });
  std::sort(
      facts.unread.begin(),
      facts.unread.end(),
      [](const Verification& a, const Verification& b) { return a.rollout < b.rollout; });
}

LedgerFacts look_up_ledger(Fs& fs, const Store& store, const Clock& clock, Known& known) {
  LedgerFacts facts;
  facts.path = join_path(store.state_dir, "ledger.sqlite");
  const auto entries = fs.list_dir(store.state_dir);
  for (const DirEntry& entry : entries ? *entries : std::vector<DirEntry>{}) {
    if (entry.name.starts_with("ledger.sqlite.damaged-")) {
      facts.set_aside.push_back(join_path(store.state_dir, entry.name));
    }
  }
  std::sort(facts.set_aside.begin(), facts.set_aside.end());
  const auto ledger = take(Ledger::open_read_only(facts.path), facts);
  facts.there = ledger.has_value() || facts.error.has_value();
  if (!ledger) {
    return facts;
  }
  if (auto sound = ledger->check(); !sound) {
    facts.error = std::move(sound.error()).at(facts.path);
    return facts;
  }
  facts.runs = take(ledger->recent_runs(k_runs), facts);
  facts.troubled = take(ledger->troubled(k_troubled), facts);
  known = take(ledger->known(), facts);
  look_up_verified(fs, store, take(ledger->verifications(), facts), facts);
  const auto held = [now = clock.wall()](const auto& remembered) {
    return remembered.second.hold_until && *remembered.second.hold_until > now;
  };
  facts.held = static_cast<std::size_t>(
      std::count_if(known.memory.begin(), known.memory.end(), held));
  return facts;
}

// By what a run would begin with, due or not yet: in either tree, Codex writes there,
// too.
std::vector<ClosedDir> look_up_closed(Fs& fs, const Plan& plan, std::uint32_t uid) {
  std::map<std::string, std::size_t> rollouts_in; // by directory
  for (const auto* decisions : {&plan.decisions, &plan.beyond_roots}) {
    for (const Decision& decision : *decisions) {
      const Candidate& each = decision.candidate;
      if (each.valid_name && each.type == FileType::regular && each.stamp.uid == uid) {
        rollouts_in[parent_dir(each.path)] += 1;
      }
    }
  }
  std::vector<ClosedDir> closed;
  for (const auto& [dir, rollouts] : rollouts_in) {
    if (auto open = preflight::check_writable(fs, dir, uid); !open) {
      std::string hint = preflight::way_out(fs, open.error(), uid);
      closed.push_back({std::move(open.error()), std::move(hint), rollouts});
    }
  }
  return closed;
}

Result<std::optional<bool>> look_up_codex_flag(Fs& fs, const Store& store) {
  const std::string path = join_path(store.home, "config.toml");
  const auto real = fs.real_path(path);
  if (!real) {
    return real.error().code == Errc::not_found
               ? Result<std::optional<bool>>(std::nullopt)
               : Result<std::optional<bool>>(Fail(Error(real.error())));
  }
  TRY_ASSIGN(const std::string text, read_small(fs, *real, k_small));
  return codex_compression(text, path);
}

StoreFacts
look_up_store(Fs& fs, const Clock& clock, const Settings& settings, Store store) {
  StoreFacts facts;
  facts.home = look_up_dir(fs, "the store", store.home);
  for (const Root root : {Root::archived, Root::active}) {
    DirFacts tree = look_up_dir(
        fs, std::string(tree_name(root)), join_path(store.home, tree_name(root)));
    if (tree.stat && tree.stat->type == FileType::directory) {
      tree.unnamed = takes_unnamed(fs, tree.path);
    }
    facts.trees.push_back(std::move(tree));
  }
  if (auto own = look_up_own(fs, "coldpress/", store.own_dir)) {
    facts.own.push_back(std::move(*own));
  }
  if (store.state_dir != store.own_dir) {
    auto state = look_up_own(fs, "the state directory", store.state_dir);
    // One directory may have two names.
    if (state && (facts.own.empty() || facts.own.front().path != state->path)) {
      facts.own.push_back(std::move(*state));
    }
  }
  facts.codex_flag = look_up_codex_flag(fs, store);
  facts.locks = look_up_locks(fs, store);
  facts.obstacles =
      preflight::look(fs, {store.home, store.own_dir, store.state_dir, store.uid});
  facts.daemon = look_up_daemon(clock, store, store.uid);
  Known known;
  facts.ledger = look_up_ledger(fs, store, clock, known);
  Settings as_run = settings;
  as_run.limits.memory_bytes =
      bounded_memory(settings.limits.memory_bytes, read_group_memory(fs));
  ScanRules rules;
  rules.list_compressed = true;
  facts.preview = preview(fs, clock, as_run, store, known, rules);
  facts.frames = count_frames(fs, clock, facts.preview.found.compressed, known.own);
  facts.closed = look_up_closed(fs, facts.preview.plan, store.uid);
  for (std::size_t root = 0; root < facts.leases.size(); ++root) {
    facts.leases.at(root) = probe_leases(fs, facts.preview.found.examples.at(root));
  }
  facts.orphans = list_orphans(fs, store.orphans_dir());
  facts.store = std::move(store);
  return facts;
}

} // namespace

Result<DoctorFacts>
look_up(Fs& fs, const Clock& clock, const LoadInputs& inputs, std::uint32_t uid) {
  DoctorFacts facts;
  facts.machine.now = clock.wall();
  facts.machine.uid = uid;
  facts.machine.self = this_process();
  facts.machine.load = read_pressure(fs);
  facts.machine.open_files = open_file_limit(text_of(fs, "/proc/self/limits"));
  facts.machine.group_memory = read_group_memory(fs);
  facts.machine.memory_available = available_memory(text_of(fs, "/proc/meminfo"));
  facts.machine.zstd_version = zstd_version();
  TRY_ASSIGN(facts.config, look_up_config(fs, inputs));
  const Settings& settings = facts.config.loaded.settings;
  auto store = open_store(fs, settings, uid);
  if (!store) {
    facts.store_error = std::move(store.error());
    return facts;
  }
  facts.store = look_up_store(fs, clock, settings, std::move(*store));
  return facts;
}

} // namespace coldpress
