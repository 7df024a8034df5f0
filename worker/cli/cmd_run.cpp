#include "fsutil/log.hpp"
#include "fsutil/text.hpp"
#include "worker/cli/catalog_use.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/fleet/options.hpp"
#include "worker/cli/retry_busy.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/show_pass.hpp"
#include "worker/loop/end_of_input.hpp"
#include "worker/pass/pass.hpp"

#include <CLI/CLI.hpp>
#include <poll.h>
#include <unistd.h>

#include <csignal>

namespace coldpress {

namespace {

bool input_has_ended() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, 0) <= 0 || (input.revents & (POLLIN | POLLHUP)) == 0) {
    return false;
  }
  char byte = 0;
  return ::read(STDIN_FILENO, &byte, 1) == 0;
}

// The index is a convenience: that it lags is no failure of the run.
void update_index_after(const Context& context, const OpenedStore& opened) {
  const bool there = context.fs.lstat(index_path(opened.store)).has_value();
  if (!there && !opened.loaded.settings.catalog.enabled) {
    return;
  }
  std::stop_source stop;
  IndexUpdateRules rules;
  rules.threads = opened.loaded.settings.limits.jobs;
  rules.priority = Priority::idle;
  rules.stop = stop.get_token();
  rules.progress = [&](const Progress&) {
    if (context.options.until_eof && input_has_ended()) {
      stop.request_stop();
    }
  };
  const auto updated = refresh_index(context.fs, context.clock, opened.store, rules);
  if (!updated) {
    warn("coldpress: the index could not be updated: {}\n",
         printable(describe(updated.error())));
    return;
  }
  tell_problems(*updated);
}

} // namespace

void add_run(CLI::App& app, Options& options) {
  app.add_flag_callback(
      "--once",
      [] {},
      "make one pass and exit: what run always does, for scripts that say so");
  app.add_flag(
      "--dry-run", options.dry_run, "show the plan only, as coldpress plan does");
  app.add_flag("--until-eof",
               options.until_eof,
               "stop when standard input ends, as on SIGTERM (for supervisors)");
  app.add_flag("--retry-busy",
               options.retry_busy,
               "if the store is in use, retry for an hour, then exit with 75");
  add_fleet(app, options);
}

namespace {

int run_once(const Context& context) {
  if (context.options.dry_run) {
    return cmd_plan(context);
  }
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  if (!opened->loaded.settings.compression_enabled) {
    const int code = cmd_plan(context);
    if (!context.options.json) {
      out("Nothing was changed: the feature local_thread_store_compression is off.\n");
    }
    return code;
  }
  if (context.options.until_eof) {
    // Its supervisor ends it by its input; a closed terminal is the supervisor's affair.
    std::signal(SIGHUP, SIG_IGN);
  }
  const int code =
      show_pass(context, *opened, [&context](Session& session, const PassEvents& events) {
        std::optional<EndOfInput> watch;
        if (context.options.until_eof) {
          watch.emplace(session.loop(), [&session] { session.end_early(); });
        }
        return run_pass(session, events);
      });
  constexpr int k_by_signal = 128;
  if (code < k_by_signal && code != static_cast<int>(Exit::busy)) {
    update_index_after(context, *opened);
  }
  return code;
}

} // namespace

int cmd_run(const Context& context) {
  int code = run_once(context);
  if (!context.options.retry_busy) {
    return code;
  }
  for (const std::chrono::minutes wait : k_busy_retries) {
    if (code != static_cast<int>(Exit::busy)) {
      break;
    }
    log_info("the store is in use; retrying in {}", format_duration(wait));
    context.clock.sleep(wait);
    code = run_once(context);
  }
  return code;
}

} // namespace coldpress
