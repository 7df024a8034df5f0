#pragma once

#include "worker/loop/progress.hpp"
#include "worker/stage/decision.hpp"
#include "worker/stage/inventory.hpp"
#include "worker/stage/outcome.hpp"
#include "worker/stage/reason.hpp"

#include <functional>
#include <map>

namespace coldpress {

// What a pass has done, for the closing table, the ledger and the exit code.
struct PassSummary {
  std::map<OutcomeKind, std::uint64_t> outcomes;
  std::map<Reason, std::uint64_t> skipped; // by the plan and on the way
  std::uint64_t bytes_before = 0;          // of what was compressed
  std::uint64_t bytes_after = 0;
  std::uint64_t recompressed_before = 0; // of the .zst that were recompressed
  std::uint64_t recompressed_after = 0;
  std::uint64_t not_freed_files = 0; // retired files still waiting for their grace
  std::uint64_t not_freed_bytes = 0;
  std::uint64_t scan_errors = 0; // directories that could not be read
  std::uint64_t damaged = 0;     // a frame that does not decode: kept as it is
  std::uint64_t blocked_max_us = 0;
  double seconds = 0;
  bool requested = false; // each file was asked for: one that is left is an answer, too
  bool disabled = false;  // the feature flag is off: nothing was changed
  std::optional<Refusal> refused; // nothing may be compressed in this store
  std::optional<Reason> deferred; // maintenance, foreign_marker: try later
  std::optional<Error> error;     // what ended the pass before its time
  int signal = 0;                 // what stopped it, 0 if nothing did

  void count(const Outcome& outcome);
  std::uint64_t number(OutcomeKind kind) const;
  // To the end, and nothing failed: conflicts and orphans are findings.
  bool ran_through() const;
  // 0, 1, 3, 4, 75, or 128 + the signal: DESIGN section 7.
  int exit_code() const;
};

// Whether what lies in orphans/ long enough is removed: only on request.
enum class Orphans : std::uint8_t { keep, remove };

// Called on the loop thread; must not wait for anything.
struct PassEvents {
  std::function<void(const Inventory&, const Plan&)> planned;
  std::function<void(const Outcome&)> outcome;
  std::function<void(const Progress&)> progress;
  std::function<void(const std::string&)> throttled; // begins or ends to wait, and why
};

} // namespace coldpress
