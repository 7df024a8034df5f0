#include "worker/pass/prepare.hpp"

#include "fsutil/capped.hpp"
#include "worker/catalog/codex_threads.hpp"
#include "worker/index/thread_databases.hpp"
#include "worker/stage/orphans.hpp"
#include "worker/stage/recover.hpp"
#include "worker/stage/sweep.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::chrono::seconds k_grace{10};
constexpr std::chrono::minutes k_grace_without_lease{15};
// First records of .zst that one run reads for the reports of later: a fifth of a second.
constexpr int k_heads_for_reports = 2000;

// A Codex that marks its compressor with nothing but the marker: 0.137 to 0.145.
bool is_marker_only(const VersionSeen& seen) {
  constexpr Version k_first{0, 137, 0};
  constexpr Version k_past{0, 146, 0};
  return seen.version >= k_first && seen.version < k_past;
}

MarkerRules marker_rules(const Inventory& found) {
  return {std::any_of(found.versions.begin(), found.versions.end(), is_marker_only)};
}

std::uint64_t retired_bytes(Fs& fs, const RolloutForms& forms) {
  std::uint64_t bytes = 0;
  for (const FoundFile& file : forms.files) {
    const auto stat =
        file.role == Role::retired ? fs.lstat(file.path) : Result<FileStat>(FileStat{});
    add_capped(bytes, stat ? stat->allocated : std::uint64_t{0});
  }
  return bytes;
}

// True if the store is no longer what the inventory says.
bool put_right(Session& session, Prepared& prepared) {
  Guards guards = session.guards();
  // What could not be put right is seen again.
  prepared.waiting.clear();
  std::erase_if(prepared.recovered, [](const Outcome& outcome) {
    return outcome.kind == OutcomeKind::conflict || outcome.kind == OutcomeKind::failed;
  });
  for (Outcome& outcome : sweep_temps(
           guards, prepared.preview.found, {session.store().home, session.store().uid})) {
    prepared.recovered.push_back(std::move(outcome));
  }
  bool moved = false;
  for (const RolloutForms& forms : prepared.preview.found.leftovers) {
    if (session.stop_token().stop_requested()) {
      break;
    }
    Recovered recovered = recover_one(session, forms, seen_of(prepared.preview.found));
    if (recovered.outcome) {
      moved = moved || (recovered.outcome->kind != OutcomeKind::failed &&
                        recovered.outcome->kind != OutcomeKind::conflict);
      prepared.recovered.push_back(std::move(*recovered.outcome));
    }
    if (recovered.due_in) {
      prepared.waiting.push_back(
          {forms, *recovered.due_in, retired_bytes(session.fs(), forms)});
    }
  }
  return moved;
}

} // namespace

Result<std::optional<Reason>> codex_at_work(Session& session, const Inventory& found) {
  TRY_ASSIGN(const bool maintenance, session.codex().maintenance_busy());
  if (maintenance) {
    return std::optional(Reason::maintenance);
  }
  TRY_ASSIGN(const auto marker, peek_marker(session.fs(), session.store().home));
  if (marker && marker_blocks(*marker, marker_rules(found))) {
    return std::optional(Reason::foreign_marker);
  }
  return std::optional<Reason>();
}

Seen seen_of(const Inventory& found) {
  return found.errors.empty() ? Seen::all : Seen::part;
}

RecoverRules recover_rules(Session& session, Seen seen) {
  const Settings& settings = session.settings();
  RecoverRules rules;
  rules.home = session.store().home;
  rules.uid = session.store().uid;
  rules.stop = session.stop_token();
  rules.whole_store_seen = seen == Seen::all;
  rules.settle = settings.scan.settle;
  rules.grace = settings.publish.reap_grace.value_or(k_grace);
  rules.grace_without_lease = settings.publish.reap_grace.value_or(k_grace_without_lease);
  rules.orphans_dir = session.store().orphans_dir();
  rules.thread_row = [&session](const std::string& thread_id) {
    const auto has = codex_has_thread(
        session.fs(), thread_databases(session.fs(), session.store()), thread_id);
    if (!has) {
      return ThreadRow::unknown;
    }
    return !*has   ? ThreadRow::no_database
           : **has ? ThreadRow::present
                   : ThreadRow::absent;
  };
  return rules;
}

Recovered recover_one(Session& session, const RolloutForms& forms, Seen seen) {
  Guards guards = session.guards();
  return recover(guards, forms, recover_rules(session, seen));
}

Result<Prepared> prepare(Session& session, Orphans orphans) {
  Prepared prepared;
  ScanRules rules;
  rules.read_more = [left = k_heads_for_reports]() mutable { return left-- > 0; };
  const auto look = [&] {
    Preview seen = preview(session.fs(),
                           session.clock(),
                           session.settings(),
                           session.store(),
                           session.known(),
                           rules);
    session.learn(seen.found.heads);
    return seen;
  };
  prepared.preview = look();
  TRY_ASSIGN(prepared.deferred, codex_at_work(session, prepared.preview.found));
  if (prepared.deferred) {
    return prepared;
  }
  const Preview& seen = prepared.preview;
  const bool work = !seen.found.leftovers.empty() ||
                    std::any_of(seen.plan.decisions.begin(),
                                seen.plan.decisions.end(),
                                [](const Decision& decision) {
                                  return decision.action == Action::compress;
                                });
  if (work) {
    // A refusal here means that a compressor of Codex's came between the two looks.
    if (auto claimed = session.claim_marker(marker_rules(seen.found)); !claimed) {
      if (claimed.error().code != Errc::busy && claimed.error().code != Errc::changed) {
        return Fail(std::move(claimed.error()));
      }
      prepared.deferred = Reason::foreign_marker;
      return prepared;
    }
  }
  // What one act leaves may be another row of the table: a second look, and no third.
  for (int round = 0; round < 2 && put_right(session, prepared); ++round) {
    prepared.preview = look();
  }
  if (orphans == Orphans::remove) {
    Guards guards = session.guards();
    const Store& store = session.store();
    for (Outcome& outcome : remove_orphans(guards, store.home, store.orphans_dir())) {
      prepared.recovered.push_back(std::move(outcome));
    }
  }
  TRY(session.guards().store.check());
  return prepared;
}

} // namespace coldpress
