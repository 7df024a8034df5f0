#include "worker/cli/command.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/show_pass.hpp"
#include "worker/pass/pass.hpp"
#include "worker/stage/orphans.hpp"

#include <CLI/CLI.hpp>

namespace coldpress {

void add_sweep(CLI::App& app, Options& options) {
  app.add_flag("--orphans",
               options.orphans,
               "also remove files older than 30 days from coldpress/orphans");
}

int cmd_sweep(const Context& context) {
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  const Orphans orphans = context.options.orphans ? Orphans::remove : Orphans::keep;
  const int code =
      show_pass(context, *opened, [orphans](Session& session, const PassEvents& events) {
        return run_sweep(session, events, orphans);
      });
  const auto left = list_orphans(context.fs, opened->store.orphans_dir());
  const std::size_t stay = left ? left->size() : 0; // that it cannot be read was said
  if (orphans == Orphans::remove && stay > 0 && !context.options.json &&
      !context.options.quiet) {
    out("{} orphans stay: younger than {} days, or open in a process\n",
        stay,
        k_orphan_age.count());
  }
  return code;
}

} // namespace coldpress
