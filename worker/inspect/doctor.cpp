#include "worker/inspect/doctor.hpp"

#include "fsutil/text.hpp"
#include "worker/inspect/doctor_checks.hpp"

#include <algorithm>
#include <array>
#include <exception>

namespace coldpress {

namespace {

constexpr std::array k_checks{
    Check{"configuration", false, check_configuration},
    Check{"store", false, check_store},
    Check{"feature", false, check_feature},
    Check{"start", true, check_start},
    Check{"permissions", true, check_permissions},
    Check{"file_systems", true, check_file_systems},
    Check{"leases", true, check_leases},
    Check{"space", true, check_space},
    Check{"rollouts", true, check_rollouts},
    Check{"frames", true, check_frames},
    Check{"not_handled", true, check_not_handled},
    Check{"codex_versions", true, check_codex_versions},
    Check{"codex_compressor", true, check_codex_compressor},
    Check{"codex_locks", true, check_codex_locks},
    Check{"store_lock", true, check_store_lock},
    Check{"daemon", true, check_daemon},
    Check{"leftovers", true, check_leftovers},
    Check{"orphans", true, check_orphans},
    Check{"ledger", true, check_ledger},
    Check{"schedule", false, check_timer},
    Check{"runs", true, check_runs},
    Check{"verified", true, check_verified},
    Check{"failures", true, check_failures},
    Check{"clock", false, check_clock},
    Check{"limits", false, check_limits},
    Check{"program", false, check_program},
};

Findings look(const Check& check, const DoctorFacts& facts) {
  Findings found(check.name);
  try {
    check.look(facts, found);
  } catch (const std::exception& error) {
    found.warn(std::string("this check failed: ") + error.what());
  }
  return found;
}

} // namespace

std::string_view name_of(Level level) {
  switch (level) {
  case Level::ok:
    return "ok";
  case Level::note:
    return "note";
  case Level::warning:
    return "warning";
  case Level::problem:
    break;
  }
  return "problem";
}

Result<std::vector<Finding>> examine(Fs& fs,
                                     const Clock& clock,
                                     const LoadInputs& inputs,
                                     std::uint32_t uid,
                                     Result<ScheduleStatus> schedule) {
  TRY_ASSIGN(DoctorFacts facts, look_up(fs, clock, inputs, uid));
  facts.schedule = std::move(schedule);
  std::vector<Finding> findings;
  for (const Check& check : k_checks) {
    if (check.needs_store && !facts.store) {
      continue;
    }
    const Findings found = look(check, facts);
    findings.insert(findings.end(), found.all().begin(), found.all().end());
  }
  return findings;
}

std::size_t count(const std::vector<Finding>& findings, Level level) {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [level](const Finding& finding) {
        return finding.level == level;
      }));
}

std::string age_text(std::chrono::nanoseconds age) {
  using namespace std::chrono;
  const auto seconds_old = std::max(seconds{0}, floor<seconds>(age));
  if (seconds_old >= days{2}) {
    return fmt::format("{} d", floor<days>(seconds_old).count());
  }
  if (seconds_old >= hours{2}) {
    return fmt::format("{} h", floor<hours>(seconds_old).count());
  }
  if (seconds_old >= minutes{2}) {
    return fmt::format("{} min", floor<minutes>(seconds_old).count());
  }
  return fmt::format("{} s", seconds_old.count());
}

} // namespace coldpress
