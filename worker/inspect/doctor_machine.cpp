#include "config/memory_bound.hpp"
#include "fsutil/text.hpp"
#include "worker/inspect/doctor_checks.hpp"

#include <algorithm>

namespace coldpress {

namespace {

// The file with the newest mtime, of those that may be compressed.
const Candidate* newest(const Plan& plan) {
  const Candidate* found = nullptr;
  for (const auto* list : {&plan.decisions, &plan.beyond_roots}) {
    for (const Decision& decision : *list) {
      const Candidate& candidate = decision.candidate;
      if (found == nullptr || candidate.stamp.mtime > found->stamp.mtime) {
        found = &candidate;
      }
    }
  }
  return found;
}

void check_future(const DoctorFacts& facts, Findings& found) {
  constexpr std::chrono::minutes k_slack{5}; // clocks of two machines
  const WallTime now = facts.machine.now;
  const Candidate* last = newest(facts.store->preview.plan);
  if (last != nullptr && last->stamp.mtime > now + k_slack) {
    found.warn(fmt::format("{} has an mtime in the future: {}",
                           last->rollout,
                           format_time(last->stamp.mtime)),
               "it does not turn cold before then: set the clock, or touch the file");
  }
  const auto& runs = facts.store->ledger.runs;
  if (!runs.empty() && runs.front().start.started > now + k_slack) {
    found.warn(fmt::format("the last run began in the future: {}",
                           format_time(runs.front().start.started)),
               "the clock was set back; check that it is right now");
  }
}

} // namespace

void check_clock(const DoctorFacts& facts, Findings& found) {
  constexpr int k_first_year = 2025; // nothing of this is older
  constexpr int k_last_year = 2100;
  const auto day = std::chrono::floor<std::chrono::days>(facts.machine.now);
  const int year = static_cast<int>(std::chrono::year_month_day(day).year());
  if (year < k_first_year || year > k_last_year) {
    found.problem(
        "the clock says " + format_time(facts.machine.now),
        "set it if that is wrong: the age of a file decides whether it is cold");
    return;
  }
  if (facts.store) {
    check_future(facts, found);
  }
  if (facts.machine.self.boot_id.empty()) {
    found.note("the system has no boot id",
               "after a kill -9 the store lock expires only when its heartbeat is 2 "
               "minutes old");
  }
  if (found.all().empty()) {
    found.ok(format_time(facts.machine.now));
  }
}

void check_limits(const DoctorFacts& facts, Findings& found) {
  const MachineFacts& machine = facts.machine;
  const Settings& settings = facts.config.loaded.settings;
  constexpr std::uint64_t k_files_a_job = 8;
  const std::uint64_t needed = settings.limits.memory_bytes + k_memory_besides;
  const std::uint64_t bounded =
      bounded_memory(settings.limits.memory_bytes, machine.group_memory);
  if (bounded < settings.limits.memory_bytes) {
    found.warn(fmt::format("this control group may use {} of memory and has {} left; a "
                           "run in it compresses with {} instead of {}",
                           format_size(machine.group_memory->limit),
                           format_size(machine.group_memory->left),
                           format_size(bounded),
                           format_size(settings.limits.memory_bytes)),
               "windows are smaller, and rollouts that do not fit are skipped as "
               "no_memory; give the group more memory to change that");
  } else if (machine.memory_available && *machine.memory_available < needed) {
    found.note(fmt::format("{} of memory is available now; a run may use {}",
                           format_size(*machine.memory_available),
                           format_size(needed)),
               "if that is always so, lower limits.memory");
  }
  const std::uint64_t files = 64 + k_files_a_job * settings.limits.jobs;
  if (machine.open_files && *machine.open_files < files) {
    found.warn(fmt::format("only {} files may be open at once; a run may need {}",
                           *machine.open_files,
                           files),
               "raise it (ulimit -n, LimitNOFILE=), or set limits.jobs lower");
  }
  const bool asks =
      settings.pressure.cpu || settings.pressure.io || settings.pressure.memory;
  const bool told = machine.load.cpu || machine.load.io || machine.load.memory;
  if (asks && !told) {
    found.note(
        "/proc/pressure cannot be read, so a run does not wait while others need "
        "the disk or memory",
        "set limits.read_rate instead; the threads have idle priority in any case");
  }
  if (found.all().empty()) {
    found.ok("memory, the limit of open files and /proc/pressure suffice for a run");
  }
}

void check_program(const DoctorFacts& facts, Findings& found) {
  found.ok("zstd " + facts.machine.zstd_version);
}

} // namespace coldpress
