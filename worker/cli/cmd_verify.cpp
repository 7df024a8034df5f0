#include "fsutil/log.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/fleet/options.hpp"
#include "worker/cli/json_progress.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/not_handled.hpp"
#include "worker/cli/progress_bar.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/verify_receipts.hpp"
#include "worker/cli/verify_text.hpp"
#include "worker/index/find_rollout.hpp"

#include <CLI/CLI.hpp>

namespace coldpress {

namespace {

Result<VerifyRequest> request_of(const Context& context, const Store& store) {
  VerifyRequest request;
  if (!context.options.sample.empty()) {
    TRY_ASSIGN(request.sample, parse_sample(context.options.sample));
  }
  for (const std::string& text : context.options.rollouts) {
    TRY_ASSIGN(const std::vector<std::string> found,
               find_rollouts(context.fs, &store, text));
    for (const std::string& path : found) {
      // Named as the ledger names it, through whatever link it was reached.
      TRY_ASSIGN(const std::string dir, context.fs.real_path(parent_dir(path)));
      request.plain_paths.push_back(join_path(dir, base_name(path)));
    }
  }
  return request;
}

// One that is gone is news only to who has named it.
bool is_news(const VerifiedRollout& seen, const VerifyRequest& request) {
  return seen.result == VerifyResult::gone
             ? !request.plain_paths.empty()
             : seen.result != VerifyResult::ok || !seen.detail.empty();
}

int show(const Context& context,
         const OpenedStore& opened,
         const VerifyRequest& request) {
  const bool json = context.options.json;
  const bool quiet = context.options.quiet;
  ProgressBar bar(context.clock, !json && !quiet);
  JsonProgress json_progress(context.clock);
  VerifyEvents events;
  events.verified = [&](const VerifiedRollout& seen) {
    if (json) {
      if (!quiet || is_news(seen, request)) {
        print_line(json_of(seen));
      }
    } else if (is_news(seen, request)) {
      const bool fault =
          seen.result == VerifyResult::damaged || seen.result == VerifyResult::unreadable;
      diagnose(fault ? Severity::error : Severity::notice, verified_text(seen));
    }
  };
  events.progress = [&](const Progress& progress) {
    if (!json) {
      bar.show(progress);
    } else if (!quiet) {
      json_progress.show(progress);
    }
  };
  events.throttled = [&](const std::string& line) {
    if (!quiet) {
      log_info("{}", line);
    }
  };
  const VerifySummary summary = verify(
      context.fs, context.clock, opened.loaded.settings, opened.store, request, events);
  clear_drawn();
  for (const std::string& line : summary.notes) {
    warn("coldpress: {}\n", printable(line));
  }
  for (const Error& error : summary.scan_errors) {
    err("coldpress: {}\n", printable(describe(error)));
  }
  tell_not_handled(context, opened.store, Severity::warning, summary.odd);
  if (summary.error) {
    (void)report(context, *summary.error);
  }
  if (json) {
    print_line(json_of(summary));
  } else if (!quiet && !summary.error) {
    out("{}", summary_text(summary));
  }
  return summary.exit_code();
}

} // namespace

void add_verify(CLI::App& app, Options& options) {
  auto* rollouts =
      app.add_option("ROLLOUT",
                     options.rollouts,
                     "paths, file names or thread ids (default: all rollouts)");
  app.add_option(
         "--sample",
         options.sample,
         R"(only the rollouts verified longest ago: a share, "5%", or a number, "20")")
      ->type_name("PART")
      ->excludes(rollouts);
  app.add_option(
         "--receipts",
         options.receipts,
         "write SHA-256 sums of all rollouts to this file; if it exists, compare with it")
      ->type_name("FILE")
      ->excludes(rollouts)
      ->excludes("--sample");
  add_fleet(app, options);
  auto* several = app.get_option("--stores-from");
  several->excludes(rollouts)->excludes("--receipts");
}

int cmd_verify(const Context& context) {
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  if (!context.options.receipts.empty()) {
    return verify_receipts(context, *opened);
  }
  const auto request = request_of(context, opened->store);
  if (!request) {
    return report(context, request.error());
  }
  return show(context, *opened, *request);
}

} // namespace coldpress
