#include "worker/cli/command.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/show_pass.hpp"
#include "worker/cli/summary_text.hpp"
#include "worker/run/pass.hpp"

#include <CLI/CLI.hpp>

namespace coldpress {

void add_run(CLI::App& app, Options& options) {
  app.add_flag_callback(
      "--once", [] {}, "one pass, then end (what run always does)");
  app.add_flag("--dry-run", options.dry_run, "the same as coldpress plan");
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
      out("Nothing was changed: the feature local_thread_store_compression is off.\n{}",
          k_how_to_enable);
    }
    return code;
  }
  return show_pass(context, *opened, run_pass);
}

} // namespace coldpress
