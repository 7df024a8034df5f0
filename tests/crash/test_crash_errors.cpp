#include "tests/crash/scenarios.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>

using namespace coldpress;

namespace {

const std::vector<int> k_all_errnos{ENOSPC, EIO, EACCES, EAGAIN, EMFILE, ENOMEM};
// One for each way a stage takes an error.
const std::vector<int> k_few_errnos{EIO, EACCES, EAGAIN};

struct Fault {
  int nth = 0;
  int sys = 0;
  FaultFs::Repeat repeat = FaultFs::Repeat::once;

  std::string text() const {
    return errno_name(sys) +
           (repeat == FaultFs::Repeat::once ? " at call " : " from call ") +
           std::to_string(nth);
  }
};

void check_error(const Error& error, const std::string& when) {
  INFO(when << ": " << describe(error));
  CHECK_FALSE(error.op.empty());
  CHECK_FALSE(error.path.empty());
}

void check_outcomes(const TestPass& pass, const std::string& when) {
  if (pass.error) {
    check_error(*pass.error, when);
  }
  for (const Outcome& outcome : pass.outcomes) {
    CHECK_MESSAGE((outcome.kind != OutcomeKind::failed || outcome.error),
                  when << ": failed, and says nothing");
    CHECK_MESSAGE(outcome.kind != OutcomeKind::conflict, when << ": " << outcome.detail);
    if (outcome.error) {
      check_error(*outcome.error, when);
    }
  }
}

bool has_part(const StoreRig& rig) {
  const auto litter = rig.litter();
  return std::any_of(litter.begin(), litter.end(), [](const std::string& name) {
    return name.ends_with(".coldpress-part");
  });
}

// One pass with the fault, two without.
void strike(const Scenario& scenario, const Fault& fault) {
  const std::string when = fault.text() + " of " + scenario.name;
  Machine machine(scenario);
  FaultFs fs(machine.disk);
  fs.fail_call(
      fault.nth, Error::from_errno(fault.sys, "", "").code, fault.sys, fault.repeat);
  const TestPass struck = machine.pass_on(fs, scenario);
  check_outcomes(struck, when);

  const auto read = [&] { return machine.rig.read(scenario.plain).value_or(""); };
  const auto& may = scenario.readable;
  CHECK_MESSAGE((may.empty() || std::find(may.begin(), may.end(), read()) != may.end()),
                when << ": not readable");
  CHECK_MESSAGE(machine.disk.open_handles() == 0, when << ": a handle stays open");
  // Where even the unlink is refused, the part file stays until the next pass.
  const bool may_stay = !scenario.features.unnamed;
  CHECK_MESSAGE((may_stay || !has_part(machine.rig)), when << ": a temp stays");

  machine.pass(scenario);
  const TestPass clean = machine.pass(scenario);
  CHECK_MESSAGE(clean.count(OutcomeKind::failed) == 0, when << ": failed afterwards");
  // A lease that is denied means that there are none: then a longer R is set aside.
  const bool set_aside = struck.count(OutcomeKind::orphaned) > 0;
  const bool as_wanted = set_aside || read() == scenario.wanted;
  CHECK_MESSAGE(as_wanted, when << ": reads differently afterwards");
  CHECK_MESSAGE(machine.rig.litter().empty(), when << ": litter afterwards");
  CHECK_MESSAGE(!(machine.disk.exists(scenario.plain) &&
                  machine.disk.exists(scenario.plain + ".zst")),
                when << ": a pair afterwards");
}

int strike_everywhere(const Scenario& scenario, const std::vector<int>& errnos) {
  Machine machine(scenario);
  FaultFs counter(machine.disk);
  machine.pass_on(counter, scenario);
  for (int nth = 0; nth < counter.calls(); ++nth) {
    for (const int sys : errnos) {
      strike(scenario, {nth, sys, FaultFs::Repeat::once});
      strike(scenario, {nth, sys, FaultFs::Repeat::forever});
    }
  }
  MESSAGE(scenario.name << ": " << counter.calls() << " calls");
  return counter.calls();
}

} // namespace

TEST_CASE("an error at any call of a compress leaves the rollout whole and is named") {
  for (const Kind& kind : {full_kind(), named_kind(), linking_kind()}) {
    CHECK(strike_everywhere(compress_scenario(kind), k_all_errnos) > 0);
  }
}

TEST_CASE("an error at any call of a recovery leaves the rollout whole and is named") {
  for (const Scenario& scenario : leftover_scenarios(full_kind())) {
    if (scenario.name.starts_with("R ") && scenario.elsewhere.empty()) {
      CHECK(strike_everywhere(scenario, k_few_errnos) > 0);
    }
  }
}
