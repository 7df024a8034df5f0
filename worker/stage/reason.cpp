#include "worker/stage/reason.hpp"

#include "locking/guards.hpp"
#include "locking/kernel_lease.hpp"

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
               "its .zst has no checksum or does not say its size; recompressed by "
               "codec.recompress"},
    ReasonText{Reason::lost_checksum,
               "lost_checksum",
               "another program (Codex, when it migrates histories) replaced a .zst of "
               "coldpress by one without a checksum; it is recompressed"},
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
    ReasonText{Reason::too_small,
               "too_small",
               "it takes one block or less; there is nothing to gain"},
    ReasonText{Reason::sparse,
               "sparse",
               "it is sparse: less than 1/128 of its length is allocated, so there is "
               "nothing to gain"},
    ReasonText{Reason::no_gain,
               "no_gain",
               "compressing it saves less than a block or 1/64 of its size (of a .zst: "
               "it would grow)"},
    ReasonText{Reason::not_regular, "not_regular", "not a regular file"},
    ReasonText{Reason::symlink, "symlink", "a symlink; what it points to is left alone"},
    ReasonText{Reason::name_too_long,
               "name_too_long",
               "the file system does not allow a name as long as that of its .zst or "
               "retired form"},
    ReasonText{Reason::hard_linked,
               "hard_linked",
               "it has a second hard link, which would keep the disk space in use"},
    ReasonText{
        Reason::not_owner, "not_owner", "belongs to another user; run as that user"},
    ReasonText{Reason::no_session_meta,
               "no_session_meta",
               "its first record is not session_meta; Codex does not read it either"},
    ReasonText{
        Reason::bad_name, "bad_name", "Codex does not read a rollout of this name"},
    ReasonText{Reason::excluded, "excluded", "excluded by scan.exclude"},
    ReasonText{Reason::held, "held", "it was restored or failed recently; retried later"},
    ReasonText{
        Reason::both_forms,
        "both_forms",
        "its .zst is beside it; once both are older than scan.settle a run compares "
        "them: it removes the one that the other contains, or reports a conflict"},
    ReasonText{
        Reason::in_both_trees,
        "in_both_trees",
        "the other tree has the same rollout, too; compare the two and move one out "
        "of the trees"},
    ReasonText{
        Reason::blocked,
        "blocked",
        "something that is not a regular file has the name of its .zst; move that away"},
    ReasonText{Reason::mount_point,
               "mount_point",
               "something is mounted on its name, which keeps that name; unmount it"},
    ReasonText{Reason::open_for_writing,
               "open_for_writing",
               "some process has it open for writing, or has leased it"},
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
        "no kernel leases here, or a file system not known to be local, so a writer is "
        "not detected; scan.active_without_lease = true compresses it anyway"},
    ReasonText{
        Reason::reader_too_old,
        "reader_too_old",
        "a Codex that cannot read .zst wrote here recently; see compat.min_reader"},
    ReasonText{Reason::shared_history,
               "shared_history",
               "a fork or the parent of one, and a Codex before 0.154 wrote here "
               "recently; see compat.shared_history"},
    ReasonText{Reason::metadata_not_kept,
               "metadata_not_kept",
               "its owner, ACL or attributes cannot be copied"},
    ReasonText{
        Reason::no_exchange,
        "no_exchange",
        "the file system cannot exchange two names (RENAME_EXCHANGE), so its .zst stays"},
    ReasonText{Reason::extra_data,
               "extra_data",
               "its .zst has data in skippable frames, which would be lost; it is left "
               "as it is"},
    ReasonText{Reason::changed, "changed", "it changed while it was being compressed"},
    ReasonText{Reason::vanished, "vanished", "it was removed or renamed since the scan"},
    ReasonText{Reason::no_space,
               "no_space",
               "the disk is too full to write its .zst; free disk space"},
    ReasonText{Reason::no_memory,
               "no_memory",
               "compressing it needs more memory than limits.memory, or than the control "
               "group leaves; raise the lower one"},
    ReasonText{Reason::too_large,
               "too_large",
               "larger than the maximum file size (EFBIG); raise ulimit -f, or the limit "
               "of the file system"},
    ReasonText{Reason::unreadable, "unreadable", "cannot be read; check its permissions"},
    ReasonText{Reason::not_writable,
               "not_writable",
               "its directory, or a lock file, is not writable; check permissions"},
    ReasonText{Reason::read_only, "read_only", "its file system is mounted read-only"},
    ReasonText{Reason::not_permitted,
               "not_permitted",
               "refused despite permissions: immutable or append-only (see lsattr), or "
               "another user's file in a sticky directory"},
    ReasonText{Reason::io_error, "io_error", "the disk or the file system failed"},
    ReasonText{Reason::damaged,
               "damaged",
               "its bytes do not decode, or differ when they are read again; nothing was "
               "changed; see coldpress verify"},
    ReasonText{Reason::canceled, "canceled", "the run was stopped"},
    ReasonText{Reason::no_time,
               "no_time",
               "the time budget of the run is used up; the next run continues"},
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
  case EBUSY: // a lock or a lease that somebody holds is EAGAIN
    return Reason::mount_point;
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
  case Errc::busy: // of opening: another program has leased the file, as Samba does
    return error.op == k_maintenance_op                   ? Reason::maintenance
           : error.op == k_lease_op || error.op == "open" ? Reason::open_for_writing
                                                          : Reason::live_writer;
  case Errc::lost_lock:
  case Errc::canceled:
    return Reason::canceled;
  case Errc::no_space:
    return error.sys == EFBIG ? Reason::too_large : Reason::no_space;
  case Errc::denied:
    return Reason::unreadable;
  case Errc::corrupt:
    return Reason::damaged;
  default:
    return Reason::io_error;
  }
}

} // namespace coldpress
