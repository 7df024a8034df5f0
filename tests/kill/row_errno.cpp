// Every call of the Fs seam fails, once and for ever, on the disk double.

#include "tests/crash/scenarios.hpp"
#include "tests/kill/row.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

using namespace coldpress;

namespace {

constexpr std::array k_errnos{ENOSPC, EIO, EINTR, EDQUOT, EACCES, EMFILE, EAGAIN, ENOMEM};

struct Fault {
  int nth = 0;
  int sys = 0;
  FaultFs::Repeat repeat = FaultFs::Repeat::once;
};

class Strikes {
public:
  explicit Strikes(Row& row) : row_(row) {}

  void everywhere(const Scenario& scenario) {
    Machine machine(scenario);
    FaultFs counter(machine.disk);
    machine.run(counter, scenario);
    const int calls = counter.calls();
    calls_ += static_cast<std::uint64_t>(calls);
    for (int nth = 0; nth < calls; ++nth) {
      for (std::size_t i = 0; i < (full_size() ? k_errnos.size() : 1); ++i) {
        // In the small size the errors take turns, so that each meets many calls.
        const int sys = k_errnos[(i + next_) % k_errnos.size()];
        strike(scenario, {nth, sys, FaultFs::Repeat::once});
        strike(scenario, {nth, sys, FaultFs::Repeat::forever});
      }
      next_ += 1;
    }
  }

  std::uint64_t calls() const { return calls_; }

private:
  // The process meets the error and ends; two more come, and meet none.
  void strike(const Scenario& scenario, const Fault& fault) {
    row_.tried();
    when_ = fmt::format("{} {} call {} of {}",
                        errno_name(fault.sys),
                        fault.repeat == FaultFs::Repeat::once ? "at" : "from",
                        fault.nth,
                        scenario.name);
    Machine machine(scenario);
    FaultFs fs(machine.disk);
    fs.fail_call(
        fault.nth, Error::from_errno(fault.sys, "", "").code, fault.sys, fault.repeat);
    machine.run(fs, scenario);
    const auto& may = scenario.readable;
    expect(may.empty() ||
               std::find(may.begin(), may.end(), read(machine, scenario)) != may.end(),
           "not readable");
    expect(machine.disk.open_handles() == 0, "a handle stays open");
    machine.pass(scenario);
    const TestPass second = machine.pass(scenario);
    expect(!second.error && second.count(OutcomeKind::failed) == 0, "failed afterwards");
    expect(keeps_all(machine, scenario), "bytes are in no file");
    expect(machine.rig.litter().empty(), "something is left behind");
    expect(!(machine.disk.exists(scenario.plain) &&
             machine.disk.exists(scenario.plain + ".zst")),
           "a pair is left behind");
  }

  static std::string read(const Machine& machine, const Scenario& scenario) {
    const auto here = machine.rig.read(scenario.plain);
    return here || scenario.elsewhere.empty()
               ? here.value_or("")
               : machine.rig.read(scenario.elsewhere).value_or("");
  }

  // In a rollout, or set aside: a lease that is denied means that there are none, and
  // then the longer of two is set aside.
  static bool keeps_all(const Machine& machine, const Scenario& scenario) {
    const auto files = machine.disk.snapshot();
    return std::all_of(
        scenario.keeps.begin(), scenario.keeps.end(), [&](const std::string& kept) {
          return read(machine, scenario) == kept ||
                 std::any_of(files.begin(), files.end(), [&](const auto& file) {
                   return file.second == kept;
                 });
        });
  }

  void expect(bool holds, const char* what) {
    if (!holds) {
      row_.violation(when_ + ": " + what);
    }
  }

  Row& row_;
  std::string when_;
  std::size_t next_ = 0;
  std::uint64_t calls_ = 0;
};

} // namespace

TEST_CASE("scoreboard: an error at any call loses nothing") {
  Row row("errno");
  Strikes strikes(row);
  for (const Kind& kind : all_kinds()) {
    strikes.everywhere(compress_scenario(kind));
    strikes.everywhere(reap_scenario(kind));
    strikes.everywhere(restore_scenario(kind));
    for (const Scenario& scenario : leftover_scenarios(kind)) {
      strikes.everywhere(scenario);
    }
  }
  row.figure("calls", strikes.calls());
  row.figure("errnos", k_errnos.size());
  CHECK(row.finish() == 0);
}
