#include "worker/stage/restore.hpp"

#include "worker/rollout/materialization.hpp"

namespace coldpress {

using namespace std::chrono_literals;

namespace {

// One restoration, in the order of restore.hpp.
class Restoration {
public:
  Restoration(Guards& guards,
              const std::string& compressed,
              const RestoreRules& rules,
              std::stop_token stop)
      : guards_(guards), rules_(rules),
        work_(guards.fs, compressed, rules.min_free_bytes, std::move(stop)) {}

  Step<Outcome> run() {
    const BootTime begun = guards_.clock.boot();
    if (auto done = work_.prepare(); !done) {
      return stop_for(std::move(done.error()));
    }
    TRY_ASSIGN(const Maintenance maintenance, Maintenance::enter(guards_));
    if (auto done = work_.publish([&] { return enter(maintenance); }); !done) {
      return stop_for(std::move(done.error()));
    }
    Outcome outcome = Outcome::of(rules_.rollout, OutcomeKind::restored);
    outcome.stamp = work_.frame();
    outcome.bytes_before = work_.content().size();
    outcome.bytes_after = work_.frame().size;
    outcome.hash = work_.content().hash();
    outcome.seconds = std::chrono::duration<double>(guards_.clock.boot() - begun).count();
    return outcome;
  }

private:
  Result<LockedFile> enter(const Maintenance& maintenance) {
    TRY_ASSIGN(Section section, Section::enter(maintenance, work_.thread_id(), 2s));
    return std::move(section).coordination();
  }

  Stop stop_for(Error error) const {
    if (work_.metadata_failed()) {
      return Stop::skip(Reason::metadata_not_kept, describe(error));
    }
    if (error.code == Errc::exists) {
      return Stop::skip(Reason::both_forms);
    }
    return Stop::from(std::move(error).at(work_.plain()));
  }

  Guards& guards_;
  const RestoreRules& rules_;
  Materialization work_;
};

} // namespace

Step<Outcome> restore(Guards& guards,
                      const std::string& compressed_path,
                      const RestoreRules& rules,
                      std::stop_token stop) {
  return Restoration(guards, compressed_path, rules, std::move(stop)).run();
}

} // namespace coldpress
