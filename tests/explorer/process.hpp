#pragma once

#include "tests/explorer/world.hpp"
#include "worker/stage/publish.hpp"
#include "worker/stage/recover.hpp"

#include <functional>
#include <memory>

namespace coldpress {

inline constexpr std::uint32_t k_uid = 1000; // as MemFs starts

// As long as nobody is in the way both have passed, else neither has: see StageClock.
inline constexpr std::chrono::hours k_settle{24};
inline constexpr std::chrono::hours k_grace{24};

// The clock of a worker. Instead of running, it answers what the assumptions say: that
// `settle` outlasts any materialisation, and the grace any opener that was interrupted.
class StageClock final : public Clock {
public:
  // `ahead` puts one process after another, so that the heartbeat of a host that is gone
  // is old.
  explicit StageClock(std::chrono::hours ahead) : ahead_(ahead) {}

  std::function<bool()> time_has_passed = [] { return true; };
  std::function<void()> on_sleep = [] {};

  WallTime wall() const override;
  BootTime boot() const override { return boot_; }
  // Long enough that whoever polls does so twice.
  void sleep(std::chrono::nanoseconds) const override;

private:
  std::chrono::hours ahead_;
  mutable BootTime boot_{std::chrono::hours{1}};
};

// Which trees the recovery looks at.
enum class Trees : std::uint8_t { both, active };

// One coldpress process: the real stages with their locks.
class Process {
public:
  static Result<std::unique_ptr<Process>>
  start(Fs& fs, const Clock& clock, const std::string& host);

  Step<Verified> prepare();
  Step<Published> publish(Verified verified);
  Step<std::monostate> reap(const Published& published);
  Recovered recover(const World& world, Trees trees);
  void sweep();

private:
  Process(Fs& fs, const Clock& clock, StoreLock store);
  Guards guards() { return {fs_, clock_, store_, codex_}; }

  Fs& fs_;
  const Clock& clock_;
  StoreLock store_;
  CodexLocks codex_;
};

// The forms that stand now, as the scan would list them.
RolloutForms forms_of(const World& world, Trees trees = Trees::both);
// More than one form, or a retired one.
bool has_leftovers(const RolloutForms& forms);
bool has_temp(const World& world);

} // namespace coldpress
