#include "fsutil/text.hpp"
#include "worker/inspect/doctor_checks.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::size_t k_shown = 5;

void tell(const preflight::Obstacle& obstacle, Findings& found) {
  const std::string why = obstacle.what + ": " + describe(obstacle.error);
  switch (obstacle.stops) {
  case preflight::Stops::every_run:
    found.problem("no run can begin without " + why, obstacle.hint);
    break;
  case preflight::Stops::one_thread:
    found.problem("each run fails on a thread: " + why, obstacle.hint);
    break;
  case preflight::Stops::memory:
    found.warn("runs cannot record their results: " + why, obstacle.hint);
    break;
  }
}

} // namespace

void check_start(const DoctorFacts& facts, Findings& found) {
  const StoreFacts& store = *facts.store;
  for (const preflight::Obstacle& obstacle : store.obstacles) {
    tell(obstacle, found);
  }
  const std::size_t shown = std::min(k_shown, store.closed.size());
  for (std::size_t nth = 0; nth < shown; ++nth) {
    const ClosedDir& closed = store.closed[nth];
    found.problem(fmt::format("each run fails on {} rollouts once they are due, for no "
                              "file can be created in their directory: {}",
                              format_count(closed.rollouts),
                              describe(closed.error)),
                  closed.hint);
  }
  if (shown < store.closed.size()) {
    found.problem(
        fmt::format("{} such directories in all", format_count(store.closed.size())),
        "coldpress plan lists the rollouts");
  }
  if (found.all().empty()) {
    found.ok("a run can take its locks and write to the directories of rollouts");
  }
}

} // namespace coldpress
