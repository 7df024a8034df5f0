#include "worker/cli/command.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/show_pass.hpp"
#include "worker/run/end_of_input.hpp"
#include "worker/run/pass.hpp"

#include <CLI/CLI.hpp>

#include <csignal>

namespace coldpress {

void add_run(CLI::App& app, Options& options) {
  app.add_flag_callback(
      "--once", [] {}, "one pass, then end (what run always does)");
  app.add_flag("--dry-run", options.dry_run, "the same as coldpress plan");
  app.add_flag("--until-eof",
               options.until_eof,
               "stop, as by SIGTERM, when standard input ends: a pipe from a supervisor");
  add_settings(app, options);
}

int cmd_run(const Context& context) {
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
  return show_pass(
      context, *opened, [&context](Session& session, const PassEvents& events) {
        std::optional<EndOfInput> watch;
        if (context.options.until_eof) {
          watch.emplace(session.loop(), [&session] { session.end_early(); });
        }
        return run_pass(session, events);
      });
}

} // namespace coldpress
