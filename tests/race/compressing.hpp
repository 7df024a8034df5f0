#pragma once

#include "fsutil/clock.hpp"
#include "locking/guards.hpp"
#include "tests/race/home.hpp"
#include "worker/stage/place.hpp"
#include "worker/stage/recover.hpp"
#include "worker/stage/step.hpp"
#include "worker/stage/tokens.hpp"

#include <memory>
#include <optional>

namespace coldpress::race {

// The real stages on real files in this process, without age limit, one rollout at a
// time, through whatever Fs it is given.
class Compressing {
public:
  Compressing(Fs& fs, const Home& home);

  Guards guards() { return {fs_, clock_, *store_, codex_}; }
  // Publishes that rollout, which is plain.
  Step<Published> publish(std::uint32_t rollout);
  Step<std::monostate> reap(const Published& published);
  // The recovery of that rollout, again until it asks for nothing more. False if it
  // reported a conflict, an orphan or a failure.
  bool recover(std::uint32_t rollout);

private:
  RolloutForms forms(std::uint32_t rollout) const;

  Fs& fs_;
  SystemClock clock_;
  const Home& home_;
  CodexLocks codex_;
  std::optional<StoreLock> store_;
};

} // namespace coldpress::race
