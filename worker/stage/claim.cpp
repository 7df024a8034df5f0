#include "worker/stage/claim.hpp"

#include "worker/rollout/head.hpp"
#include "worker/rollout/name.hpp"
#include "worker/stage/checks.hpp"
#include "worker/stage/place.hpp"

namespace coldpress {

class ClaimMaker {
public:
  static Claim make(const Candidate& candidate,
                    HeldDir directory,
                    File file,
                    LeaseSupport lease,
                    std::string home) {
    return Claim(candidate,
                 candidate.stamp,
                 std::move(directory),
                 std::move(file),
                 lease,
                 std::move(home));
  }
};

namespace {

// Reason::cold if the file may be compressed.
Reason judge(const FileStat& stat,
             const Candidate& candidate,
             const ClaimRules& rules,
             WallTime now) {
  if (stat.type != FileType::regular) {
    return Reason::not_regular;
  }
  if (stat.links != 1) {
    return Reason::hard_linked;
  }
  if (stat.uid != rules.uid) {
    return Reason::not_owner;
  }
  if (FileStamp::of(stat) != candidate.stamp) {
    return Reason::changed;
  }
  if (stat.mtime > now) {
    return Reason::future_mtime;
  }
  if (!is_kept(stat.mtime) || !is_kept(stat.ctime)) {
    return Reason::time_out_of_range;
  }
  if (candidate.form == Form::plain && is_sparse(stat.size, stat.allocated)) {
    return Reason::sparse;
  }
  if (now - stat.mtime < rules.cold_after) {
    return Reason::too_young;
  }
  return now - stat.ctime < rules.settle ? Reason::unsettled : Reason::cold;
}

Stop open_failure(Error error) {
  if (error.code == Errc::invalid || error.code == Errc::denied) {
    return Stop::skip(reason_for(error), describe(error));
  }
  return Stop::from(std::move(error));
}

// The plan may rest on a first record that was read long ago: on its thread goes the
// lock, on the rest whether the rollout may be compressed at all.
Step<std::monostate> compare_head(Fs& fs, FileHandle file, const Candidate& candidate) {
  TRY_ASSIGN(RolloutReader reader,
             RolloutReader::over(fs, file, candidate.path, candidate.form));
  TRY_ASSIGN(auto head, read_head(reader));
  const RolloutHead found = std::move(head).value_or(RolloutHead{});
  const auto version = parse_version(found.cli_version);
  if (found.thread_id != candidate.thread_id || found.cwd != candidate.cwd ||
      (found.has_history_base && !candidate.shares_history) ||
      (version ? std::optional(*version) : std::nullopt) != candidate.cli_version) {
    return Stop::skip(Reason::changed, "its first record changed since the plan");
  }
  return std::monostate{};
}

// No plain file is kept aside, nor stands beside a .zst; and the other tree has no form
// of it, or the next recovery would find one to remove that was the rollout.
Step<std::monostate>
stands_alone(Fs& fs, const std::string& home, const Candidate& candidate) {
  const FormPaths paths(candidate.path);
  TRY_ASSIGN(const bool retired, is_there(fs, paths.retired));
  if (retired) {
    return Stop::skip(Reason::both_forms, "an earlier plain file is still retired");
  }
  if (candidate.form == Form::compressed) {
    TRY_ASSIGN(const bool beside, is_there(fs, paths.plain));
    if (beside) {
      return Stop::skip(Reason::both_forms);
    }
  }
  return has_no_twin(fs, home, candidate);
}

// Asks Codex's locks. Publication asks again; this saves the encoding.
Step<std::monostate> probe_locks(Guards& guards, const Candidate& candidate) {
  TRY_ASSIGN(const bool maintenance, guards.codex.maintenance_busy());
  if (maintenance) {
    return Stop::skip(Reason::maintenance);
  }
  using namespace std::chrono_literals;
  TRY(Section::probe(guards, candidate.thread_id, 100ms));
  return std::monostate{};
}

// A lease taken and given back: nobody has the file open for writing right now.
Step<LeaseSupport> probe_lease(Fs& fs, FileHandle file) {
  const auto lease = KernelLease::try_take(fs, file, LeaseKind::read);
  if (lease) {
    return LeaseSupport::works;
  }
  const Errc code = lease.error().code;
  return code == Errc::denied || code == Errc::unsupported
             ? Step<LeaseSupport>(LeaseSupport::none)
             : Step<LeaseSupport>(lease.error());
}

} // namespace

Step<Claim> claim(Guards& guards, const Candidate& candidate, const ClaimRules& rules) {
  // From here to the end of its publication every name is one in this directory.
  auto directory = HeldDir::hold(guards.fs, parent_dir(candidate.path));
  if (!directory) {
    return open_failure(std::move(directory.error()));
  }
  TRY(directory->check());
  auto handle = guards.fs.open_read(candidate.path);
  if (!handle) {
    return open_failure(std::move(handle.error()));
  }
  File file(guards.fs, *handle);
  TRY_ASSIGN(const FileStat stat, guards.fs.stat(*handle));
  const Reason reason = judge(stat, candidate, rules, guards.clock.wall());
  if (reason != Reason::cold) {
    return Stop::skip(reason);
  }
  TRY(stands_alone(guards.fs, rules.home, candidate));
  TRY(compare_head(guards.fs, *handle, candidate));
  TRY(probe_locks(guards, candidate));
  TRY_ASSIGN(const LeaseSupport lease, probe_lease(guards.fs, *handle));
  // Nobody appends to a .zst.
  if (lease == LeaseSupport::none && candidate.form == Form::plain &&
      candidate.root == Root::active && !rules.active_without_lease) {
    return Stop::skip(Reason::no_lease);
  }
  return ClaimMaker::make(
      candidate, std::move(*directory), std::move(file), lease, rules.home);
}

} // namespace coldpress
