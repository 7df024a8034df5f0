#include "fsutil/text.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/show_pass.hpp"
#include "worker/run/find_rollout.hpp"
#include "worker/run/restore_run.hpp"

#include <CLI/CLI.hpp>

namespace coldpress {

namespace {

Result<std::vector<std::string>> chosen(const Context& context, const Store& store) {
  if (context.options.all) {
    return all_compressed(context.fs, store);
  }
  std::vector<std::string> paths;
  for (const std::string& text : context.options.rollouts) {
    TRY_ASSIGN(std::vector<std::string> found, find_rollouts(context.fs, &store, text));
    for (const std::string& path : found) {
      // Locks and the recovery go by the store a rollout stands in, and look into its
      // two trees only.
      TRY_ASSIGN(const std::string dir, context.fs.real_path(parent_dir(path)));
      const auto in_tree = [&](Root root) {
        return (dir + "/").starts_with(join_path(store.home, tree_name(root)) + "/");
      };
      if (!in_tree(Root::archived) && !in_tree(Root::active)) {
        return Fail(
            Error{Errc::invalid,
                  0,
                  "restore",
                  path,
                  {"in neither sessions/ nor archived_sessions/ of " + store.home +
                   "; if it is another store's, name that with --store"}});
      }
      paths.push_back(join_path(dir, base_name(path)));
    }
  }
  return paths;
}

} // namespace

void add_restore(CLI::App& app, Options& options) {
  auto* rollouts = app.add_option("rollout",
                                  options.rollouts,
                                  "paths, file names or thread ids to make plain again")
                       ->type_name("ROLLOUT");
  app.add_flag("--all", options.all, "every compressed rollout of the store")
      ->excludes(rollouts);
  add_settings(app, options);
}

int cmd_restore(const Context& context) {
  if (context.options.rollouts.empty() && !context.options.all) {
    return report(context,
                  Error{Errc::invalid, 0, "restore", {}, {"name a rollout, or --all"}});
  }
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  const auto paths = chosen(context, opened->store);
  if (!paths) {
    return report(context, paths.error());
  }
  return show_pass(context, *opened, [&](Session& session, const PassEvents& events) {
    return run_restore(session, *paths, events);
  });
}

} // namespace coldpress
