#pragma once

#include "worker/inspect/doctor.hpp"
#include "worker/inspect/doctor_facts.hpp"

namespace coldpress {

// What one check has found. Every finding bears its name.
class Findings {
public:
  explicit Findings(std::string_view check) : check_(check) {}

  void ok(std::string what) { add(Level::ok, std::move(what), {}); }
  void note(std::string what, std::string hint = {}) {
    add(Level::note, std::move(what), std::move(hint));
  }
  void warn(std::string what, std::string hint = {}) {
    add(Level::warning, std::move(what), std::move(hint));
  }
  void problem(std::string what, std::string hint) {
    add(Level::problem, std::move(what), std::move(hint));
  }

  const std::vector<Finding>& all() const { return all_; }

private:
  void add(Level level, std::string what, std::string hint) {
    all_.push_back({check_, level, std::move(what), std::move(hint)});
  }
  std::string_view check_;
  std::vector<Finding> all_;
};

// Pure: nothing is looked at but the facts. A check of a store is called only if there
// is one.
struct Check {
  std::string_view name;
  bool needs_store;
  void (*look)(const DoctorFacts& facts, Findings& found);
};

// "3 d", "5 h", "12 min", "40 s": how long ago, for people.
std::string age_text(std::chrono::nanoseconds age);

// --- doctor_setup.cpp
void check_configuration(const DoctorFacts& facts, Findings& found);
void check_store(const DoctorFacts& facts, Findings& found);
void check_feature(const DoctorFacts& facts, Findings& found);
void check_codex_compressor(const DoctorFacts& facts, Findings& found);
void check_codex_versions(const DoctorFacts& facts, Findings& found);

// --- doctor_start.cpp
void check_start(const DoctorFacts& facts, Findings& found);

// --- doctor_disk.cpp
void check_permissions(const DoctorFacts& facts, Findings& found);
void check_file_systems(const DoctorFacts& facts, Findings& found);
void check_leases(const DoctorFacts& facts, Findings& found);
void check_space(const DoctorFacts& facts, Findings& found);
void check_rollouts(const DoctorFacts& facts, Findings& found);
void check_frames(const DoctorFacts& facts, Findings& found);
void check_not_handled(const DoctorFacts& facts, Findings& found);

// --- doctor_state.cpp
void check_store_lock(const DoctorFacts& facts, Findings& found);
void check_codex_locks(const DoctorFacts& facts, Findings& found);
void check_daemon(const DoctorFacts& facts, Findings& found);
void check_leftovers(const DoctorFacts& facts, Findings& found);
void check_orphans(const DoctorFacts& facts, Findings& found);

// --- doctor_ledger.cpp
void check_ledger(const DoctorFacts& facts, Findings& found);
void check_timer(const DoctorFacts& facts, Findings& found);
void check_runs(const DoctorFacts& facts, Findings& found);
void check_verified(const DoctorFacts& facts, Findings& found);
void check_failures(const DoctorFacts& facts, Findings& found);

// --- doctor_machine.cpp
void check_clock(const DoctorFacts& facts, Findings& found);
void check_limits(const DoctorFacts& facts, Findings& found);
void check_program(const DoctorFacts& facts, Findings& found);

} // namespace coldpress
