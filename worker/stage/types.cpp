#include "worker/stage/types.hpp"

#include "fsutil/metadata.hpp"
#include "worker/rollout/name.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace coldpress {

namespace {

struct ReasonText {
  Reason reason;
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array k_reasons{
    ReasonText{Reason::cold, "cold", "old enough and unchanged"},
    ReasonText{Reason::weak_frame,
               "weak_frame",
               "its .zst has no checksum or does not say its size; compressed again by "
               "codec.recompress"},
    ReasonText{Reason::lost_checksum,
               "lost_checksum",
               "another program (Codex migrates histories) has written anew a .zst that "
               "we made, without a checksum; recompressed"},
    ReasonText{
        Reason::too_young, "too_young", "changed more recently than scan.cold_after"},
    ReasonText{Reason::unsettled,
               "unsettled",
               "touched more recently than scan.settle (by ctime)"},
    ReasonText{Reason::future_mtime,
               "future_mtime",
               "its mtime lies in the future; set the clock or touch the file"},
    ReasonText{Reason::time_out_of_range,
               "time_out_of_range",
               "one of its times is before 1901 or after 2191 and could not be kept; "
               "touch the file"},
    ReasonText{Reason::empty, "empty", "0 bytes"},
    ReasonText{
        Reason::too_small, "too_small", "takes one block or less; nothing to gain"},
    ReasonText{
        Reason::sparse,
        "sparse",
        "takes less of the disk than 1 part in 128 of its length: nearly all of it "
        "is a hole; nothing to gain"},
    ReasonText{
        Reason::no_gain,
        "no_gain",
        "would not get smaller by a block and by one part in 64; of a .zst: would grow"},
    ReasonText{Reason::not_regular, "not_regular", "not a regular file"},
    ReasonText{Reason::symlink, "symlink", "a symlink; what it points to is left alone"},
    ReasonText{Reason::name_too_long,
               "name_too_long",
               "this file system has no room for the name of its .zst or retired form"},
    ReasonText{Reason::hard_linked,
               "hard_linked",
               "has a second name, which would keep the space"},
    ReasonText{
        Reason::not_owner, "not_owner", "belongs to another user; run as that user"},
    ReasonText{Reason::no_session_meta,
               "no_session_meta",
               "its first record is not session_meta; Codex would not take it either"},
    ReasonText{Reason::bad_name, "bad_name", "not a rollout name Codex would read"},
    ReasonText{Reason::excluded, "excluded", "excluded by scan.exclude"},
    ReasonText{
        Reason::held, "held", "restored or failed not long ago; tried again later"},
    ReasonText{Reason::both_forms,
               "both_forms",
               "its .zst stands beside it; once both are older than scan.settle a run "
               "compares them: it removes only what the other holds, too, and tells of a "
               "conflict otherwise"},
    ReasonText{
        Reason::in_both_trees,
        "in_both_trees",
        "the other tree has the same rollout, too; compare the two and move one out "
        "of the trees"},
    ReasonText{Reason::blocked,
               "blocked",
               "what is no regular file has the name of its .zst; move that away"},
    ReasonText{Reason::open_for_writing,
               "open_for_writing",
               "some process has it open for writing"},
    ReasonText{Reason::live_writer, "live_writer", "Codex has the thread loaded"},
    ReasonText{
        Reason::maintenance,
        "maintenance",
        "Codex holds its maintenance lock (its compressor, or a migration of histories); "
        "the next run tries again"},
    ReasonText{Reason::foreign_marker,
               "foreign_marker",
               "Codex's own compressor is running; the next pass tries again"},
    ReasonText{
        Reason::no_lease,
        "no_lease",
        "no kernel leases here, or a file system not known to be local, so a "
        "writer could not be seen; scan.active_without_lease = true compresses it anyway"},
    ReasonText{Reason::reader_too_old,
               "reader_too_old",
               "a Codex that cannot read .zst was at work here; see compat.min_reader"},
    ReasonText{Reason::shared_history,
               "shared_history",
               "a fork or a fork's parent, and a Codex before 0.154 was seen; see "
               "compat.shared_history"},
    ReasonText{Reason::metadata_not_kept,
               "metadata_not_kept",
               "its owner, ACL or attributes could not be kept"},
    ReasonText{Reason::no_exchange,
               "no_exchange",
               "this file system cannot exchange two names, so its .zst stays"},
    ReasonText{Reason::extra_data,
               "extra_data",
               "its .zst holds data beside the rollout, in skippable frames, which would "
               "be lost; it stays as it is"},
    ReasonText{Reason::changed, "changed", "changed while it was worked on"},
    ReasonText{Reason::vanished, "vanished", "gone since the scan"},
    ReasonText{Reason::no_space,
               "no_space",
               "the disk is too full to write its .zst; free some space"},
    ReasonText{Reason::no_memory,
               "no_memory",
               "compressing it takes more than limits.memory, or than the control group "
               "leaves; raise the lower one"},
    ReasonText{
        Reason::too_large,
        "too_large",
        "larger than one file may be here (EFBIG); raise ulimit -f, or the limit of "
        "the file system"},
    ReasonText{Reason::unreadable, "unreadable", "cannot be read; check its permissions"},
    ReasonText{Reason::not_writable,
               "not_writable",
               "its folder, or a lock beside it, may not be written; check permissions"},
    ReasonText{Reason::read_only, "read_only", "its file system is mounted read-only"},
    ReasonText{Reason::not_permitted,
               "not_permitted",
               "refused whatever the permissions say: immutable or append-only (lsattr), "
               "or another user's in a sticky folder"},
    ReasonText{Reason::io_error, "io_error", "the disk or the file system failed"},
    ReasonText{Reason::canceled, "canceled", "the run was stopped"},
    ReasonText{Reason::no_time,
               "no_time",
               "the run's time budget is used up; the next run goes on"},
};

// Each row stands where its reason's number says.
constexpr bool is_in_order() {
  for (std::size_t at = 0; at < k_reasons.size(); ++at) {
    if (static_cast<std::size_t>(k_reasons[at].reason) != at) {
      return false;
    }
  }
  return k_reasons.size() == static_cast<std::size_t>(Reason::no_time) + 1;
}
static_assert(is_in_order());

} // namespace

std::string_view name_of(Reason reason) {
  return k_reasons[static_cast<std::size_t>(reason)].name;
}

std::string_view explain(Reason reason) {
  return k_reasons[static_cast<std::size_t>(reason)].meaning;
}

std::string_view name_of(OutcomeKind kind) {
  switch (kind) {
  case OutcomeKind::compressed:
    return "compressed";
  case OutcomeKind::recompressed:
    return "recompressed";
  case OutcomeKind::restored:
    return "restored";
  case OutcomeKind::skipped:
    return "skipped";
  case OutcomeKind::failed:
    return "failed";
  case OutcomeKind::writer_arrived:
    return "writer_arrived";
  case OutcomeKind::reaped:
    return "reaped";
  case OutcomeKind::recovered:
    return "recovered";
  case OutcomeKind::conflict:
    return "conflict";
  case OutcomeKind::orphaned:
    return "orphaned";
  case OutcomeKind::removed:
    return "removed";
  }
  return "unknown";
}

std::string path_in_store(const std::string& home, const std::string& path) {
  return path.starts_with(home + "/") ? path.substr(home.size() + 1) : path;
}

std::string_view tree_name(Root root) {
  return root == Root::archived ? "archived_sessions" : "sessions";
}

std::optional<std::string>
usual_path(const std::string& home, Root root, const std::string& plain_name) {
  const std::string tree = join_path(home, tree_name(root));
  if (root == Root::archived) {
    return join_path(tree, plain_name);
  }
  const auto parsed = parse_rollout_name(plain_name);
  if (!parsed) {
    return std::nullopt;
  }
  std::string date = parsed->timestamp.substr(0, std::string_view("YYYY-MM-DD").size());
  std::replace(date.begin(), date.end(), '-', '/');
  return join_path(join_path(tree, date), plain_name);
}

bool is_in_usual_place(const std::string& home,
                       const FoundFile& file,
                       const std::string& plain_name) {
  const auto usual = usual_path(home, file.root, plain_name);
  return usual && parent_dir(*usual) == parent_dir(file.path);
}

Result<std::optional<std::string>>
find_twin(Fs& fs, const std::string& home, Root root, const std::string& path) {
  const std::string name = base_name(plain_name(path));
  if (!is_in_usual_place(home, {Role::plain, root, path}, name)) {
    return std::optional<std::string>();
  }
  const auto other =
      usual_path(home, root == Root::archived ? Root::active : Root::archived, name);
  if (!other) {
    return std::optional<std::string>();
  }
  for (const std::string& form : {*other,
                                  compressed_name(*other),
                                  join_path(parent_dir(*other), retired_name(name))}) {
    const auto found = fs.lstat(form);
    if (found) {
      return std::optional(form);
    }
    if (found.error().code != Errc::not_found) {
      return Fail(found.error()); // it may stand there
    }
  }
  return std::optional<std::string>();
}

FormPaths::FormPaths(const std::string& either)
    : dir(parent_dir(either)), plain(plain_name(either)),
      compressed(compressed_name(plain)),
      retired(join_path(dir, retired_name(base_name(plain)))) {}

Step<std::monostate>
has_no_twin(Fs& fs, const std::string& home, const Candidate& candidate) {
  TRY_ASSIGN(const auto twin, find_twin(fs, home, candidate.root, candidate.path));
  if (twin) {
    return Stop::skip(Reason::in_both_trees, *twin);
  }
  return std::monostate{};
}

Step<std::monostate>
keep_metadata(Fs& fs, const Claim& claim, FileHandle to, const std::string& path) {
  auto kept = copy_metadata(fs, claim.file(), claim.stamp(), to);
  if (!kept && kept.error().code == Errc::unsupported) {
    return Stop::skip(Reason::metadata_not_kept, describe(kept.error()));
  }
  TRY(naming(path, std::move(kept)));
  return std::monostate{};
}

std::string_view name_of(Role role) {
  switch (role) {
  case Role::plain:
    return "plain";
  case Role::compressed:
    return "compressed";
  case Role::retired:
    break;
  }
  return "retired";
}

std::string_view name_of(Action action) {
  return action == Action::compress ? "compress" : "skip";
}

Outcome Outcome::of(std::string rollout, OutcomeKind kind, std::string detail) {
  Outcome outcome;
  outcome.rollout = std::move(rollout);
  outcome.kind = kind;
  outcome.detail = std::move(detail);
  return outcome;
}

Outcome Outcome::failed(std::string rollout, Error error) {
  Outcome outcome = of(std::move(rollout), OutcomeKind::failed);
  outcome.error = std::move(error);
  return outcome;
}

Outcome Outcome::stopped(std::string rollout, const Stop& stop) {
  Outcome outcome = of(std::move(rollout), stop.kind, stop.detail);
  outcome.reason = stop.reason;
  outcome.error = stop.error;
  outcome.blocked_us = stop.blocked_us;
  return outcome;
}

Stop Stop::skip(Reason reason, std::string detail) {
  Stop stop;
  stop.reason = reason;
  stop.detail = std::move(detail);
  return stop;
}

namespace {

// The calls that only look. Whatever else is denied would have changed something.
bool is_reading(std::string_view op) {
  constexpr std::array<std::string_view, 9> k_looks{"open",
                                                    "read",
                                                    "pread",
                                                    "lstat",
                                                    "fstat",
                                                    "opendir",
                                                    "hold directory",
                                                    "look up directory",
                                                    "realpath"};
  return std::find(k_looks.begin(), k_looks.end(), op) != k_looks.end();
}

} // namespace

Reason reason_for(const Error& error) {
  switch (error.sys) {
  case ELOOP:
    return Reason::symlink;
  case ENAMETOOLONG:
    return Reason::name_too_long;
  case EOVERFLOW:
    return Reason::time_out_of_range;
  case EROFS:
    return Reason::read_only;
  case EPERM:
    return Reason::not_permitted;
  case EACCES:
    return is_reading(error.op) ? Reason::unreadable : Reason::not_writable;
  default:
    break;
  }
  switch (error.code) {
  case Errc::invalid: // of opening: a FIFO, a device, a folder
    return is_reading(error.op) ? Reason::not_regular : Reason::io_error;
  case Errc::not_found:
    return Reason::vanished;
  case Errc::exists:
  case Errc::changed:
    return Reason::changed;
  case Errc::busy:
    return error.op == k_maintenance_op ? Reason::maintenance
           : error.op == k_lease_op     ? Reason::open_for_writing
                                        : Reason::live_writer;
  case Errc::lost_lock:
  case Errc::canceled:
    return Reason::canceled;
  case Errc::no_space:
    return error.sys == EFBIG ? Reason::too_large : Reason::no_space;
  case Errc::denied:
    return Reason::unreadable;
  default:
    return Reason::io_error;
  }
}

Stop Stop::from(Error error) {
  Stop stop;
  stop.reason = reason_for(error);
  switch (error.code) {
  case Errc::not_found:
  case Errc::exists:
  case Errc::changed:
  case Errc::busy:
  case Errc::lost_lock:
  case Errc::canceled:
    break;
  default:
    if (stop.reason != Reason::symlink && stop.reason != Reason::time_out_of_range) {
      stop.kind = OutcomeKind::failed;
    }
    break;
  }
  stop.error = std::move(error);
  return stop;
}

} // namespace coldpress
