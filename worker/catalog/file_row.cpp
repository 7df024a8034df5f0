#include "worker/catalog/file_row.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::chrono::hours k_first_wait{1};
constexpr std::chrono::hours k_longest_wait{7 * 24};

// The file itself is in the way, and will be next time.
bool lies_with_the_file(Reason reason) {
  return reason == Reason::unreadable || reason == Reason::not_writable ||
         reason == Reason::read_only || reason == Reason::not_permitted ||
         reason == Reason::name_too_long || reason == Reason::mount_point ||
         reason == Reason::io_error || reason == Reason::damaged ||
         reason == Reason::metadata_not_kept || reason == Reason::extra_data ||
         reason == Reason::no_exchange || reason == Reason::too_large;
}

// Says only that this was not the moment.
bool passes_by_itself(Reason reason) {
  switch (reason) {
  case Reason::too_young:
  case Reason::unsettled:
  case Reason::held:
  case Reason::both_forms:
  case Reason::in_both_trees:
  case Reason::open_for_writing:
  case Reason::live_writer:
  case Reason::maintenance:
  case Reason::foreign_marker:
  case Reason::no_lease:
  case Reason::changed:
  case Reason::vanished:
  case Reason::no_space:
  case Reason::no_memory:
  case Reason::canceled:
  case Reason::no_time:
    return true;
  default:
    return false;
  }
}

bool passes_by_itself(Errc code) {
  switch (code) {
  case Errc::not_found:
  case Errc::exists:
  case Errc::busy:
  case Errc::changed:
  case Errc::lost_lock:
  case Errc::no_space:
  case Errc::canceled:
    return true;
  default:
    return false;
  }
}

// What the outcome tells about the form the rollout has now.
bool compressed_after(const FileRow& before, const Outcome& outcome) {
  switch (outcome.kind) {
  case OutcomeKind::compressed:
  case OutcomeKind::recompressed:
  case OutcomeKind::reaped:
    return true;
  case OutcomeKind::recovered:
    return outcome.bytes_after > 0;
  case OutcomeKind::skipped:
  case OutcomeKind::failed: {
    // Nothing was changed. But a plain file with another inode than the one we compressed
    // is somebody's materialisation.
    const bool claimed = outcome.stamp != FileStamp{};
    const bool other_file = outcome.stamp.device != before.stamp.device ||
                            outcome.stamp.inode != before.stamp.inode;
    return before.compressed && !(claimed && other_file);
  }
  case OutcomeKind::restored:
  case OutcomeKind::writer_arrived:
  case OutcomeKind::conflict:
  case OutcomeKind::orphaned:
  case OutcomeKind::removed:
    return false;
  }
  return false;
}

RecordedError recorded(const Error& error) {
  RecordedError out{
      std::string(name_of(error.code)), error.sys, std::string(error.op), error.path, {}};
  for (const std::string& line : error.context) {
    out.text += out.text.empty() ? line : "; " + line;
  }
  return out;
}

void take_measurements(FileRow& row, const Outcome& outcome, WallTime now) {
  const bool again = outcome.kind == OutcomeKind::recompressed;
  const bool all = outcome.kind == OutcomeKind::compressed || again;
  const auto take = [all](auto& into, const auto& value) {
    if (all || value != std::remove_cvref_t<decltype(value)>{}) {
      into = value;
    }
  };
  take(row.plain_bytes, again ? outcome.plain_bytes : outcome.bytes_before);
  take(row.compressed_bytes, outcome.bytes_after);
  take(row.hash, outcome.hash ? to_hex(*outcome.hash) : std::string());
  take(row.level, outcome.level);
  take(row.window_log, outcome.window_log);
  take(row.predicted_bytes, outcome.predicted_bytes);
  take(row.blocked_us, outcome.blocked_us);
  if (all || outcome.seconds > 0) {
    row.seconds = outcome.seconds;
  }
  if (all) {
    row.verified = outcome.verified_from_disk ? "disk" : "cache";
    row.verified_at = now;
  } else if (!row.compressed) {
    row.compressed_bytes = outcome.bytes_after;
    row.verified.clear();
    row.verified_at.reset();
  }
}

void count_attempt(FileRow& row, const Outcome& outcome, WallTime now) {
  const Verdict verdict = verdict_of(outcome);
  row.retry_at.reset();
  if (verdict == Verdict::success) {
    row.attempts = 0;
    row.error = {};
  } else if (verdict == Verdict::failure) {
    ++row.attempts;
    // A limit is the process's and may be gone in the next run: as with a full disk.
    const bool limit = outcome.reason == Reason::too_large;
    row.retry_at = limit ? now : now + back_off(row.attempts);
  } else if (outcome.reason == Reason::no_space) {
    row.retry_at = now; // at once, but after those for which there was space
  }
  if (outcome.error) {
    row.error = recorded(*outcome.error);
  }
}

} // namespace

Verdict verdict_of(const Outcome& outcome) {
  switch (outcome.kind) {
  case OutcomeKind::compressed:
  case OutcomeKind::recompressed:
  case OutcomeKind::restored:
  case OutcomeKind::reaped:
  case OutcomeKind::recovered:
  case OutcomeKind::removed:
    return Verdict::success;
  case OutcomeKind::skipped:
    if (outcome.reason == Reason::no_gain) {
      return Verdict::success;
    }
    return outcome.reason && lies_with_the_file(*outcome.reason) ? Verdict::failure
                                                                 : Verdict::waits;
  case OutcomeKind::failed: {
    if (outcome.reason && lies_with_the_file(*outcome.reason)) {
      return Verdict::failure;
    }
    const bool waits = (outcome.reason && passes_by_itself(*outcome.reason)) ||
                       (outcome.error && passes_by_itself(outcome.error->code));
    return waits ? Verdict::waits : Verdict::failure;
  }
  case OutcomeKind::writer_arrived:
  case OutcomeKind::conflict:
  case OutcomeKind::orphaned:
    return Verdict::waits;
  }
  return Verdict::waits;
}

std::chrono::hours back_off(int attempts) {
  constexpr int k_enough_doublings = 8; // 256 h is past the cap
  const int doublings = std::clamp(attempts - 1, 0, k_enough_doublings);
  return std::min(k_first_wait * (1 << doublings), k_longest_wait);
}

FileRow
row_after(FileRow before, const Outcome& outcome, std::int64_t run_id, WallTime now) {
  FileRow row = std::move(before);
  if (row.outcome == k_begun) {
    --row.attempts; // it has ended now: how it ended is what counts
  }
  row.compressed = compressed_after(row, outcome);
  const bool claimed = outcome.stamp != FileStamp{};
  const bool same_stamp = !claimed || outcome.stamp == row.stamp;
  row.no_gain =
      outcome.kind == OutcomeKind::skipped && outcome.reason == Reason::no_gain
          ? true
          : row.no_gain && same_stamp && outcome.kind != OutcomeKind::compressed;
  if (claimed) {
    row.stamp = outcome.stamp;
  }
  row.rollout = outcome.rollout;
  row.run_id = run_id;
  row.outcome = name_of(outcome.kind);
  row.reason = outcome.reason ? name_of(*outcome.reason) : std::string_view();
  row.detail = outcome.detail;
  take_measurements(row, outcome, now);
  count_attempt(row, outcome, now);
  if (outcome.kind == OutcomeKind::compressed) {
    row.hold_until.reset();
  }
  row.updated = now;
  return row;
}

FileRow
row_begun(FileRow before, const std::string& rollout, std::int64_t run_id, WallTime now) {
  FileRow row = std::move(before);
  row.attempts += row.outcome == k_begun && row.run_id == run_id ? 0 : 1;
  row.rollout = rollout;
  row.run_id = run_id;
  row.outcome = k_begun;
  row.reason.clear();
  row.detail.clear();
  row.retry_at = now;
  row.updated = now;
  return row;
}

} // namespace coldpress
