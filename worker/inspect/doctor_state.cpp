#include "fsutil/capped.hpp"
#include "fsutil/text.hpp"
#include "worker/inspect/doctor_checks.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::size_t k_shown = 5;

std::string holder_text(const StoreLockHolder& holder) {
  return fmt::format("pid {} on {} since {}",
                     holder.process.pid,
                     holder.process.host,
                     format_time(holder.since));
}

// ", by pid 4711" if the kernel tells.
std::string by_whom(const LockFacts& locks, const std::string& name) {
  const auto pid = locks.pids.find(name);
  return pid == locks.pids.end() ? "" : fmt::format(", by pid {}", pid->second);
}

// check_start() speaks of it.
bool is_told(const StoreFacts& store, const Error& error) {
  return std::any_of(
      store.obstacles.begin(), store.obstacles.end(), [&](const auto& obstacle) {
        return obstacle.error.path == error.path;
      });
}

bool is_conflict(const StoreFacts& store, const RolloutForms& forms) {
  const auto& troubled = store.ledger.troubled;
  return std::any_of(troubled.begin(), troubled.end(), [&](const FileRow& row) {
    return row.outcome == name_of(OutcomeKind::conflict) &&
           base_name(row.rollout) == forms.plain_name;
  });
}

std::string forms_text(const StoreFacts& store, const RolloutForms& forms) {
  std::string text;
  for (const FoundFile& file : forms.files) {
    text += (text.empty() ? "" : " + ") + std::string(name_of(file.role));
  }
  const std::string dir = parent_dir(forms.files.front().path);
  return fmt::format("{}/{} ({})",
                     dir.size() > store.store.home.size()
                         ? dir.substr(store.store.home.size() + 1)
                         : dir,
                     forms.plain_name,
                     text);
}

} // namespace

void check_store_lock(const DoctorFacts& facts, Findings& found) {
  const LockFacts& locks = facts.store->locks;
  if (!locks.store && is_told(*facts.store, locks.store.error())) {
    return;
  }
  if (!locks.store) {
    found.problem(describe(locks.store.error()),
                  "make the file readable; it is coldpress's own");
    return;
  }
  const std::optional<StoreLockHolder>& holder = *locks.store;
  if (!holder || (!holder->locked && holder->released)) {
    found.ok("free");
    return;
  }
  if (holder->process.pid == 0) {
    if (holder->locked) {
      found.note("held" + by_whom(locks, "store") + "; its record cannot be read",
                 "try again when that process has ended");
    } else {
      found.warn(
          "its record cannot be read, and no process on this machine holds it",
          "run coldpress unlock, if no coldpress works on this store on any machine");
    }
    return;
  }
  const std::string who = holder_text(*holder);
  const auto beat = facts.machine.now - holder->heartbeat;
  if (holder->locked) {
    const bool late = beat > StoreLock::Timings{}.stale;
    late ? found.warn(fmt::format("held by {}, whose last heartbeat is {} old",
                                  who,
                                  age_text(beat)),
                      "it hangs, or is stopped; end that process if it does not continue")
         : found.note("another coldpress is running: " + who);
    return;
  }
  if (same_boot(holder->process, facts.machine.self)) {
    found.note("left by a run that was killed: " + who,
               "nothing to do: the next run takes it over immediately");
  } else if (beat > StoreLock::Timings{}.stale) {
    found.note(fmt::format("left by {}, last heartbeat {} ago", who, age_text(beat)),
               "nothing to do: the next run takes it over. coldpress unlock removes it "
               "now");
  } else {
    found.note(
        fmt::format("{} may be running, last heartbeat {} ago", who, age_text(beat)),
        "if that machine is gone, run coldpress unlock");
  }
}

void check_codex_locks(const DoctorFacts& facts, Findings& found) {
  const LockFacts& locks = facts.store->locks;
  const bool coldpress_works = locks.store && *locks.store && (*locks.store)->locked;
  bool told = false;
  const auto look = [&](const Result<bool>& held,
                        const std::string& name,
                        const std::string& means) {
    if (!held && is_told(*facts.store, held.error())) {
      told = true;
    } else if (!held) {
      found.problem(fmt::format("the {} lock: {}", name, describe(held.error())),
                    "make it readable and writable for the user who runs coldpress");
      told = true;
    } else if (*held) {
      found.note(fmt::format("the {} lock is held{}{}",
                             name,
                             by_whom(locks, name),
                             coldpress_works ? ", perhaps by the running coldpress" : ""),
                 means);
      told = true;
    }
  };
  look(locks.maintenance,
       "maintenance",
       "Codex compresses or migrates; a run now would end with exit code 75");
  look(locks.coordination,
       "coordination",
       "Codex is loading a thread, which takes milliseconds; if it stays held, a process "
       "hangs");
  if (!locks.marker) {
    found.warn("the run marker: " + describe(locks.marker.error()));
    told = true;
  } else if (*locks.marker && !(*locks.marker)->ours) {
    const MarkerInfo& marker = **locks.marker;
    found.note(fmt::format("Codex's own compressor left its run marker {} ago",
                           age_text(facts.machine.now - marker.mtime)),
               "nothing to do: it records when that compressor last ran");
    told = true;
  }
  if (!told) {
    found.ok("Codex's maintenance and coordination locks are free");
  }
}

void check_daemon(const DoctorFacts& facts, Findings& found) {
  const auto& daemon = facts.store->daemon;
  if (!daemon) {
    found.warn("the daemon does not answer: " + describe(daemon.error()));
    return;
  }
  if (!*daemon) {
    found.ok("none: runs are started by hand or by a timer");
    return;
  }
  const ControlReply& reply = **daemon;
  if (reply.failure || !reply.status) {
    found.warn("the daemon answers: " +
                   (reply.failure ? reply.failure->hint : std::string("nothing")),
               "see its log");
    return;
  }
  const std::string who = fmt::format("coldpress {}, pid {}, running since {}",
                                      reply.status->version,
                                      reply.status->pid,
                                      format_time(reply.status->started));
  const auto& stores = reply.status->stores;
  const auto ours =
      std::find_if(stores.begin(), stores.end(), [&](const ServiceStore& store) {
        return store.path == printable(facts.store->store.home);
      });
  if (ours != stores.end() && ours->paused) {
    found.note(fmt::format("{}, is paused {}",
                           who,
                           ours->paused_until
                               ? "until " + format_time(*ours->paused_until)
                               : "until it is resumed"),
               "coldpress control resume ends the pause");
    return;
  }
  found.ok(who + (ours != stores.end() && ours->next_due
                      ? "; next pass on " + format_time(*ours->next_due)
                      : ""));
}

void check_leftovers(const DoctorFacts& facts, Findings& found) {
  const StoreFacts& store = *facts.store;
  const Inventory& seen = store.preview.found;
  std::size_t conflicts = 0;
  for (const RolloutForms& forms : seen.leftovers) {
    if (!is_conflict(store, forms)) {
      continue;
    }
    conflicts += 1;
    if (conflicts <= k_shown) {
      found.problem(
          "two forms that differ: " + forms_text(store, forms),
          "coldpress sweep says how to merge the two; every reader uses the plain one");
    }
  }
  if (conflicts > k_shown) {
    found.problem(fmt::format("{} conflicts in all", format_count(conflicts)),
                  "coldpress sweep lists them");
  }
  const std::size_t others = seen.leftovers.size() - conflicts;
  const std::size_t temps = seen.parts.size() + seen.foreign_temps.size();
  if (others > 0) {
    const auto first = std::find_if(
        seen.leftovers.begin(), seen.leftovers.end(), [&](const RolloutForms& forms) {
          return !is_conflict(store, forms);
        });
    found.note(fmt::format("{} rollouts in more than one form or with a retired file: {}",
                           format_count(others),
                           forms_text(store, *first)),
               "coldpress sweep, or the next run, cleans up: a retired file after "
               "publish.reap_grace, a second form after scan.settle");
  }
  if (temps > 0) {
    found.note(fmt::format("{} temp files of coldpress and {} of Codex",
                           format_count(seen.parts.size()),
                           format_count(seen.foreign_temps.size())),
               "coldpress sweep removes those that are not in use");
  }
  if (seen.leftovers.empty() && temps == 0) {
    found.ok("none: every rollout has one form");
  }
}

void check_orphans(const DoctorFacts& facts, Findings& found) {
  if (!facts.store->orphans) {
    found.problem(describe(facts.store->orphans.error()),
                  "make it readable for the user who runs coldpress");
    return;
  }
  const std::vector<Orphan>& orphans = *facts.store->orphans;
  if (orphans.empty()) {
    found.ok("none");
    return;
  }
  std::uint64_t bytes = 0;
  for (const Orphan& orphan : orphans) {
    add_capped(bytes, orphan.bytes);
  }
  found.problem(
      fmt::format("{} files, {}, are in {}; the oldest, {}, for {}",
                  format_count(orphans.size()),
                  format_size(bytes),
                  facts.store->store.orphans_dir(),
                  orphans.front().plain_name,
                  age_text(facts.machine.now - orphans.front().since)),
      "they hold bytes that are in no rollout: compare and merge them (coldpress cat "
      "prints a rollout). coldpress sweep --orphans removes those older than 30 days");
}

} // namespace coldpress
