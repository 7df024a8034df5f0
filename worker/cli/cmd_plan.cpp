#include "fsutil/text.hpp"
#include "worker/catalog/ledger.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/summary_text.hpp"
#include "worker/cli/table.hpp"
#include "worker/run/prepare.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::size_t k_shown = 20;

// What earlier runs know. A ledger that cannot be read is no reason not to plan.
Memory remembered(const Store& store) {
  auto ledger = Ledger::open_read_only(join_path(store.state_dir, "ledger.sqlite"));
  if (!ledger) {
    fmt::print(stderr,
               "coldpress: planned without the ledger: {}\n",
               printable(describe(ledger.error())));
    return {};
  }
  if (!*ledger) {
    return {};
  }
  auto memory = (*ledger)->memory();
  return memory ? std::move(*memory) : Memory{};
}

std::string age_text(WallTime mtime, WallTime now) {
  const auto days = std::chrono::duration_cast<std::chrono::days>(now - mtime);
  return fmt::format("{} d", days.count());
}

struct Total {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

Total to_press(const std::vector<Decision>& decisions) {
  Total total;
  for (const Decision& decision : decisions) {
    if (decision.action == Action::press) {
      total.files += 1;
      total.bytes += decision.candidate.stamp.size;
    }
  }
  return total;
}

void print_decisions(const std::vector<Decision>& decisions, WallTime now, bool all) {
  Table table({Align::right, Align::right, Align::left, Align::left});
  table.add({"size", "age", "", "rollout"});
  std::size_t more = 0;
  for (const Decision& decision : decisions) {
    if (!all && (decision.action != Action::press || table.rows() > k_shown)) {
      more += decision.action == Action::press ? 1 : 0;
      continue;
    }
    table.add({format_size(decision.candidate.stamp.size),
               age_text(decision.candidate.stamp.mtime, now),
               decision.action == Action::press ? "press"
                                                : std::string(name_of(decision.reason)),
               printable(decision.candidate.rollout)});
  }
  if (table.rows() > 1) {
    fmt::print("{}", table.text("  "));
  }
  if (more > 0) {
    fmt::print("  … and {} more (--all shows every one)\n", format_count(more));
  }
}

void print_for_people(const Context& context,
                      const OpenedStore& opened,
                      const Preview& seen) {
  const WallTime now = context.clock.wall();
  const Total total = to_press(seen.plan.decisions);
  fmt::print("{}: {} of {} rollouts to press, {}\n",
             printable(opened.store.home),
             format_count(total.files),
             format_count(seen.plan.decisions.size()),
             format_size(total.bytes));
  if (!context.options.quiet) {
    print_decisions(seen.plan.decisions, now, context.options.all);
  }
  if (seen.plan.refused) {
    fmt::print("{}", refusal_text(*seen.plan.refused));
  }
  std::map<Reason, std::uint64_t> skipped;
  for (const Decision& decision : seen.plan.decisions) {
    if (decision.action == Action::skip) {
      skipped[decision.reason] += 1;
    }
  }
  if (!skipped.empty()) {
    fmt::print("left as they are:\n{}", reasons_text(skipped, "  "));
  }
  const Total beyond = to_press(seen.plan.beyond_roots);
  if (beyond.files > 0) {
    const Root other = seen.plan.beyond_roots.front().candidate.root;
    fmt::print("not looked at: the {} tree has {} more, {}; --roots archived,active\n",
               name_of(other),
               format_count(beyond.files),
               format_size(beyond.bytes));
  }
  fmt::print("already pressed: {} rollouts, {} on disk\n",
             format_count(seen.found.compressed_files),
             format_size(seen.found.compressed_bytes));
  if (!seen.found.leftovers.empty() || !seen.found.parts.empty()) {
    fmt::print("leftovers of an interrupted run: {}; run and sweep look after them\n",
               format_count(seen.found.leftovers.size() + seen.found.parts.size()));
  }
  if (!opened.store.has_trees) {
    fmt::print(
        "There is neither sessions/ nor archived_sessions/: is this a Codex home?\n");
  }
}

} // namespace

void add_plan(CLI::App& app, Options& options) {
  app.add_flag("--all", options.all, "show every rollout, not just the largest to press");
  add_settings(app, options);
}

int cmd_plan(const Context& context) {
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  const Preview seen = preview(context.fs,
                               context.clock,
                               opened->loaded.settings,
                               opened->store,
                               remembered(opened->store));
  for (const Error& error : seen.found.errors) {
    fmt::print(stderr, "coldpress: {}\n", printable(describe(error)));
  }
  if (!context.options.json) {
    print_for_people(context, *opened, seen);
  } else {
    for (const Decision& decision : seen.plan.decisions) {
      print_line(json_of(decision));
    }
    PassSummary summary;
    summary.disabled = !opened->loaded.settings.compression_enabled;
    for (const Decision& decision : seen.plan.decisions) {
      summary.skipped[decision.reason] += 1;
    }
    summary.scan_errors = seen.found.errors.size();
    print_line(json_of(summary));
  }
  return static_cast<int>(seen.found.errors.empty() ? Exit::ok : Exit::some_failed);
}

} // namespace coldpress
