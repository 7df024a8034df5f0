#include "locking/codex_locks.hpp"
#include "worker/catalog/ledger.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/not_handled.hpp"
#include "worker/cli/plan_text.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/summary_text.hpp"
#include "worker/preview/job_size.hpp"

#include <CLI/CLI.hpp>

namespace coldpress {

namespace {

// What earlier runs know. A ledger that cannot be read is no reason not to plan.
Known remembered(const Store& store) {
  auto ledger = Ledger::open_read_only(join_path(store.state_dir, "ledger.sqlite"));
  auto known = !ledger   ? Result<Known>(Fail(ledger.error()))
               : *ledger ? (*ledger)->known()
                         : Result<Known>(Known{});
  if (!known) {
    err("coldpress: the ledger cannot be read; the plan ignores it: {}\n",
        printable(describe(known.error())));
    return {};
  }
  return std::move(*known);
}

void print_json(const Preview& seen, const Estimate& gain, bool enabled) {
  PassSummary summary;
  summary.disabled = !enabled;
  summary.refused = seen.plan.refused;
  summary.scan_errors = seen.found.errors.size();
  for (const Decision& decision : seen.plan.decisions) {
    const auto forecast = gain.by_rollout.find(decision.candidate.rollout);
    print_line(json_of(decision,
                       forecast == gain.by_rollout.end() ? nullptr : &forecast->second));
    summary.skipped[decision.reason] += 1;
  }
  print_line(json_of(summary));
}

} // namespace

void add_plan(CLI::App& app, Options& options) {
  app.add_flag("--all", options.all, "show every rollout, not only the largest gains");
}

int cmd_plan(const Context& context) {
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  const Settings& settings = opened->loaded.settings;
  const Preview seen = preview(
      context.fs, context.clock, settings, opened->store, remembered(opened->store));
  for (const Error& error : seen.found.errors) {
    err("coldpress: {}\n", printable(describe(error)));
  }
  tell_not_handled(context, opened->store, Severity::warning, seen.found.odd);
  const FrameRules rules = frame_rules(settings);
  const WallTime now = context.clock.wall();
  const Estimate gain = estimate(context.fs, rules, now, seen.plan.decisions);
  if (context.options.json) {
    print_json(seen, gain, settings.compression_enabled);
  } else {
    const Estimate beyond = estimate(context.fs, rules, now, seen.plan.beyond_roots);
    out("{}",
        plan_text({opened->store,
                   seen,
                   gain,
                   beyond,
                   now,
                   context.options.all,
                   context.options.quiet}));
    if (!settings.compression_enabled) {
      out("{}", k_how_to_enable);
    }
    const auto busy =
        CodexLocks(context.fs, context.clock, opened->store.home).maintenance_busy();
    if (!busy) {
      err("coldpress: {}\n", printable(describe(busy.error())));
    } else if (*busy) {
      out("A run now would change nothing (maintenance): {}.\n",
          explain(Reason::maintenance));
    }
  }
  return static_cast<int>(seen.found.errors.empty() ? Exit::ok : Exit::some_failed);
}

} // namespace coldpress
