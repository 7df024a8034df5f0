#include "fsutil/text.hpp"
#include "worker/inspect/doctor_checks.hpp"
#include "worker/schedule/schedule_verdict.hpp"
#include "worker/verify/verify_frame.hpp"

#include <algorithm>
#include <utility>

namespace coldpress {

namespace {

constexpr std::size_t k_shown = 5;
constexpr int k_needs_a_person = 4;
constexpr int k_some_failed = 3;
constexpr int k_busy = 75;
constexpr int k_signal = 128;

// A run that compresses; restore and the like say nothing of the schedule.
bool compresses(const RunRow& row) {
  return row.start.command == "run" || row.start.command == "serve";
}

bool coldpress_works(const DoctorFacts& facts) {
  const auto& lock = facts.store->locks.store;
  return lock && *lock && (*lock)->locked;
}

// Those without an end since the last that has one. A run that is going on is none.
std::size_t killed_in_a_row(const DoctorFacts& facts) {
  std::size_t number = 0;
  bool going_on = coldpress_works(facts);
  for (const RunRow& row : facts.store->ledger.runs) {
    if (!compresses(row)) {
      continue;
    }
    if (row.end) {
      break;
    }
    number += std::exchange(going_on, false) ? 0 : 1;
  }
  return number;
}

void check_killed(const DoctorFacts& facts, Findings& found) {
  constexpr std::size_t k_chance = 2; // more than that is none
  const std::size_t number = killed_in_a_row(facts);
  if (number < k_chance) {
    return;
  }
  const std::string what =
      fmt::format("the last {} runs were killed before their end", number);
  const std::string hint =
      "find out what kills them: the kernel when memory is short (see dmesg; then lower "
      "limits.memory), a limit of the service, or another process; the next run takes "
      "the rollouts in question last";
  number > k_chance ? found.problem(what, hint) : found.warn(what, hint);
}

void check_last(const DoctorFacts& facts, const RunRow& last, Findings& found) {
  const std::string when = format_time(last.start.started);
  if (!last.end) {
    if (coldpress_works(facts)) {
      found.note(fmt::format(
          "coldpress {} has been running since {}", last.start.command, when));
    } else {
      found.note(fmt::format("coldpress {} of {} was killed before its end",
                             last.start.command,
                             when),
                 "nothing to do: the next run, or coldpress sweep, cleans up");
    }
    return;
  }
  const int code = last.end->exit_code;
  const std::string what = fmt::format(
      "coldpress {} of {} ended with exit code {}", last.start.command, when, code);
  if (code == 0) {
    found.ok(fmt::format("{}: {} compressed, {} -> {}",
                         what,
                         format_count(last.end->compressed),
                         format_size(last.end->bytes_before),
                         format_size(last.end->bytes_after)));
  } else if (code == k_needs_a_person) {
    found.warn(what + ": it found damage, a conflict or an orphan",
               "what remains is in this list; coldpress run reports it again");
  } else if (code == k_some_failed) {
    last.end->failed == 0
        ? found.warn(what + ": part of the store could not be read",
                     "run it by hand and read its messages")
        : found.warn(
              fmt::format("{}: {} rollouts failed", what, format_count(last.end->failed)),
              "see failures; they are retried automatically");
  } else if (code == k_busy || code > k_signal) {
    found.note(what + (code == k_busy ? ": the store was busy" : ": it was stopped"),
               "nothing to do: the next run goes on");
  } else {
    found.warn(what, "run it by hand and read its messages");
  }
}

void check_last_success(const DoctorFacts& facts, Findings& found) {
  constexpr std::chrono::days k_long{7};
  const auto& runs = facts.store->ledger.runs;
  const auto success = std::find_if(runs.begin(), runs.end(), [](const RunRow& row) {
    return compresses(row) && row.end && row.end->exit_code == 0;
  });
  if (success == runs.end()) {
    const auto ended = [](const RunRow& row) { return compresses(row) && row.end; };
    if (std::any_of(runs.begin(), runs.end(), ended)) {
      found.warn("no run has succeeded so far", "run it by hand and read its messages");
    }
    return;
  }
  const auto age = facts.machine.now - success->end->finished;
  if (facts.config.loaded.settings.compression_enabled && age > k_long) {
    found.warn(fmt::format("the last successful run was {} ago", age_text(age)),
               "if a timer starts it, check that the timer still runs");
  }
}

// What is in a ledger that could not be read is unknown: nothing of it is good.
bool is_unknown(const DoctorFacts& facts, Findings& found) {
  const bool unknown = facts.store->ledger.error.has_value();
  if (unknown) {
    found.note("not known: the ledger cannot be read");
  }
  return unknown;
}

} // namespace

void check_ledger(const DoctorFacts& facts, Findings& found) {
  const LedgerFacts& ledger = facts.store->ledger;
  if (!ledger.set_aside.empty()) {
    found.note(fmt::format("{} damaged ledgers were set aside, the newest is {}",
                           ledger.set_aside.size(),
                           ledger.set_aside.back()),
               "they are no longer needed; remove them");
  }
  if (!ledger.there) {
    found.ok("none yet: the first run creates it");
    return;
  }
  if (!ledger.error) {
    found.ok(ledger.path + " is whole" +
             (ledger.held > 0
                  ? fmt::format("; {} rollouts stay plain for now after a restore",
                                format_count(ledger.held))
                  : ""));
    return;
  }
  const std::string what = describe(*ledger.error);
  switch (ledger.error->code) {
  case Errc::corrupt:
    found.warn(what,
               "the next run moves it away and begins a new one; no rollout is lost");
    break;
  case Errc::busy:
    found.note(what, "a run is writing it, or was killed; the next run repairs it");
    break;
  case Errc::unsupported:
    found.note(what);
    break;
  default:
    found.problem(what, "make it readable and writable for the user who runs coldpress");
  }
}

void check_timer(const DoctorFacts& facts, Findings& found) {
  if (!facts.schedule) {
    found.note("it is not known what starts runs: " + describe(facts.schedule.error()));
    return;
  }
  const ScheduleStatus& schedule = *facts.schedule;
  for (const ScheduledFile& file : schedule.files) {
    if (file.state == FileState::edited) {
      found.note(file.path + " was edited by hand",
                 "coldpress leaves it as it is; a later schedule install reports it");
    }
  }
  if (!schedule.enabled) {
    schedule.serve_enabled || schedule.serve_active
        ? found.ok("none needed: the service coldpress-serve makes the runs")
        : found.note(
              "no timer starts runs for you",
              "coldpress schedule install installs one, if nothing else starts runs");
    return;
  }
  const ScheduleVerdict verdict = verdict_of(schedule, facts.machine.now);
  for (const std::string& why : verdict.why) {
    found.warn((verdict.answer == LookedAfter::no ? "the timer will do nothing: "
                                                  : "the timer may do nothing: ") +
               why);
  }
  for (const std::string& but : verdict.notes) {
    found.warn("the timer: " + but);
  }
  found.ok(fmt::format("by {}: {}{}",
                       name_of(schedule.kind),
                       schedule.when,
                       schedule.next ? ", next on " + format_time(*schedule.next) : ""));
}

void check_runs(const DoctorFacts& facts, Findings& found) {
  const auto& runs = facts.store->ledger.runs;
  if (runs.empty()) {
    if (!is_unknown(facts, found)) {
      found.ok("none yet");
    }
    return;
  }
  check_last(facts, runs.front(), found);
  check_killed(facts, found);
  check_last_success(facts, found);
}

void check_verified(const DoctorFacts& facts, Findings& found) {
  const LedgerFacts& ledger = facts.store->ledger;
  for (std::size_t nth = 0; nth < std::min(k_shown, ledger.damaged.size()); ++nth) {
    const auto& [seen, advice] = ledger.damaged[nth];
    found.problem(fmt::format("{} is damaged, found on {}: {}",
                              seen.rollout,
                              format_time(seen.at),
                              seen.detail),
                  advice + "; then read it again with coldpress verify");
  }
  if (ledger.damaged.size() > k_shown) {
    found.problem(
        fmt::format("{} are damaged in all", format_count(ledger.damaged.size())),
        "coldpress verify lists them");
  }
  for (std::size_t nth = 0; nth < std::min(k_shown, ledger.unread.size()); ++nth) {
    const Verification& seen = ledger.unread[nth];
    found.warn(
        fmt::format("{} is not read whole by Codex: {}", seen.rollout, seen.detail),
        std::string(k_unread_hint));
  }
  if (ledger.unread.size() > k_shown) {
    found.warn(fmt::format("{} are not read whole by Codex in all",
                           format_count(ledger.unread.size())),
               "coldpress verify lists them");
  }
  if (!found.all().empty() || is_unknown(facts, found)) {
    return;
  }
  if (ledger.verified == 0) {
    found.ok("no compressed rollout has been verified so far");
    return;
  }
  found.ok(fmt::format("{} compressed rollouts were verified, the first of them {} ago",
                       format_count(ledger.verified),
                       age_text(facts.machine.now - *ledger.verified_first)));
}

void check_failures(const DoctorFacts& facts, Findings& found) {
  std::size_t number = 0;
  for (const FileRow& row : facts.store->ledger.troubled) {
    if (row.attempts == 0) {
      continue; // a conflict: among the leftovers
    }
    if (row.outcome == k_begun && coldpress_works(facts)) {
      continue; // it may be under way
    }
    number += 1;
    if (number > k_shown) {
      continue;
    }
    const std::string why = row.error.text.empty() ? row.reason : row.error.text;
    if (row.outcome == k_begun) {
      found.warn(fmt::format("{} was being compressed on {} when its run was killed",
                             row.rollout,
                             format_time(row.updated)),
                 "nothing of it was lost; the next run tries it last");
      continue;
    }
    const std::string what =
        fmt::format("{} failed {}, last on {}: {}{}{}",
                    row.rollout,
                    row.attempts == 1 ? "once" : fmt::format("{} times", row.attempts),
                    format_time(row.updated),
                    row.error.op,
                    row.error.op.empty() || why.empty() ? "" : ": ",
                    why.empty() ? row.error.code : why);
    if (row.error.code == name_of(Errc::corrupt)) {
      found.problem(what, "it is damaged; coldpress verify says what to do");
    } else {
      found.warn(what,
                 row.retry_at ? "retried after " + format_time(*row.retry_at)
                              : "retried by the next run");
    }
  }
  if (number > k_shown) {
    found.warn(fmt::format("{} rollouts failed in all", format_count(number)),
               "coldpress run --json names each");
  }
  if (number == 0 && !is_unknown(facts, found)) {
    found.ok("no rollout fails repeatedly");
  }
}

} // namespace coldpress
