#include "worker/preview/preview.hpp"

#include "worker/preview/job_size.hpp"
#include "worker/stage/plan.hpp"

#include <iterator>
#include <utility>

namespace coldpress {

namespace {

// With the narrowest window. To begin it would be to be killed, in each run again.
void skip_what_does_not_fit(const Settings& settings, std::vector<Decision>& decisions) {
  for (Decision& decision : decisions) {
    if (decision.action == Action::compress &&
        job_memory_bytes(settings, decision.candidate) > settings.limits.memory_bytes) {
      decision.action = Action::skip;
      decision.reason = Reason::no_memory;
    }
  }
}

} // namespace

Preview preview(Fs& fs,
                const Clock& clock,
                const Settings& settings,
                const Store& store,
                const Known& known,
                ScanRules look) {
  const WallTime now = clock.wall();
  look.now = now;
  look.shared_history = settings.compat.shared_history;
  look.weak_frames = settings.codec.recompress;
  look.own = &known.own;
  Preview seen;
  seen.found = scan(fs, store.home, look, known.heads);
  std::vector<Candidate> candidates = std::exchange(seen.found.candidates, {});
  std::move(
      seen.found.weak.begin(), seen.found.weak.end(), std::back_inserter(candidates));
  seen.found.weak.clear();
  seen.plan = make_plan(
      std::move(candidates),
      seen.found.versions,
      {settings.scan,
       settings.compat,
       store.uid,
       now,
       !seen.found.not_local.at(static_cast<std::size_t>(Root::active)).empty()},
      known.memory,
      known.achieved);
  skip_what_does_not_fit(settings, seen.plan.decisions);
  skip_what_does_not_fit(settings, seen.plan.beyond_roots);
  return seen;
}

} // namespace coldpress
