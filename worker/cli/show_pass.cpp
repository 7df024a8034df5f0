#include "worker/cli/show_pass.hpp"

#include "fsutil/log.hpp"
#include "worker/catalog/ledger.hpp"
#include "worker/cli/json_progress.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/not_handled.hpp"
#include "worker/cli/progress_bar.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/summary_text.hpp"

namespace coldpress {

namespace {

// Told at once, because a person or a log wants to know which one it was.
bool is_news(const Outcome& outcome) {
  switch (outcome.kind) {
  case OutcomeKind::compressed:
  case OutcomeKind::recompressed:
  case OutcomeKind::restored:
  case OutcomeKind::reaped:
    return false;
  case OutcomeKind::skipped: // most are told by their reason, in the table
    return !outcome.detail.empty();
  default:
    return true;
  }
}

// Of all runs. A ledger that cannot be read is told of elsewhere.
std::optional<Totals> totals_of(const Store& store) {
  const auto ledger = Ledger::open_read_only(join_path(store.state_dir, "ledger.sqlite"));
  const auto totals =
      ledger && *ledger ? (*ledger)->totals() : Result<Totals>(Fail(Error{}));
  return totals ? std::optional(*totals) : std::nullopt;
}

Severity severity_of(OutcomeKind kind) {
  switch (kind) {
  case OutcomeKind::failed:
  case OutcomeKind::conflict:
    return Severity::error;
  case OutcomeKind::orphaned:
    return Severity::warning;
  default:
    return Severity::notice;
  }
}

} // namespace

int show_pass(const Context& context,
              const OpenedStore& opened,
              const std::function<PassSummary(Session&, const PassEvents&)>& work) {
  const bool json = context.options.json;
  if (!opened.store.has_trees) {
    warn("coldpress: {} has neither sessions/ nor archived_sessions/: Codex has saved no "
         "session there yet\n",
         printable(opened.store.home));
    if (json) {
      print_line(json_of(PassSummary{}));
    }
    return static_cast<int>(Exit::ok);
  }
  Session session(context.fs, context.clock, opened.loaded.settings, opened.store);
  ProgressBar bar(context.clock, !json && !context.options.quiet);
  JsonProgress json_progress(context.clock);
  PassEvents events;
  events.planned = [&](const Inventory& found, const Plan& plan) {
    for (const Error& error : found.errors) {
      err("coldpress: {}\n", printable(describe(error)));
    }
    tell_not_handled(context, opened.store, Severity::notice, found.odd);
    for (const Decision& decision : json ? plan.decisions : std::vector<Decision>{}) {
      print_line(json_of(decision));
    }
  };
  events.outcome = [&](const Outcome& outcome) {
    if (json) {
      print_line(json_of(outcome));
    }
    // Of a pass of serve, too: its lines are read by serve, and the journal by people.
    if (is_news(outcome) && (!json || stderr_looks().journal)) {
      diagnose(severity_of(outcome.kind), outcome_text(outcome));
    }
  };
  events.progress = [&](const Progress& progress) {
    json ? json_progress.show(progress) : bar.show(progress);
  };
  events.throttled = [&](const std::string& line) {
    if (!context.options.quiet) {
      log_info("{}", line);
    }
  };
  const PassSummary summary = work(session, events);
  clear_drawn();
  for (const std::string& line : session.notes()) {
    warn("coldpress: {}\n", printable(line));
  }
  if (summary.error) {
    (void)report(context, *summary.error);
  }
  if (json) {
    const auto totals = totals_of(opened.store);
    print_line(json_of(summary, totals ? &*totals : nullptr));
  } else if (!context.options.quiet && !summary.error) {
    out("{}", summary_text(summary, opened.store.home));
  } else if (stderr_looks().journal && !summary.error) {
    diagnose(Severity::info, summary_line(summary, opened.store.home));
  }
  return summary.exit_code();
}

} // namespace coldpress
