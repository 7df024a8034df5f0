#include "fsutil/text.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/not_handled.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/show_pass.hpp"
#include "worker/index/find_rollout.hpp"
#include "worker/pass/restore_run.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace coldpress {

namespace {

Result<Listed> chosen(const Context& context, const Store& store) {
  if (context.options.all) {
    return all_compressed(context.fs, store);
  }
  Listed listed;
  std::vector<std::string>& paths = listed.plain_paths;
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
        return Fail(Error{Errc::invalid,
                          0,
                          "restore",
                          path,
                          {"not in sessions/ or archived_sessions/ of " + store.home +
                           "; if it is in another store, name that with --store"}});
      }
      paths.push_back(join_path(dir, base_name(path)));
    }
  }
  return listed;
}

// What --all could not reach is not restored, whatever the rest says.
int with_unreached(const Context& context,
                   const Store& store,
                   const Listed& all,
                   int code) {
  tell_not_handled(context, store, Severity::warning, all.odd);
  for (const Error& error : all.errors) {
    err("coldpress: {}\n", printable(describe(error)));
  }
  const bool unreached = !all.errors.empty() ||
                         std::any_of(all.odd.begin(), all.odd.end(), may_hide_rollouts);
  return code == 0 && unreached ? static_cast<int>(Exit::some_failed) : code;
}

} // namespace

void add_restore(CLI::App& app, Options& options) {
  auto* rollouts = app.add_option("ROLLOUT",
                                  options.rollouts,
                                  "paths, file names or thread ids to decompress")
                       ->type_name("ROLLOUT");
  app.add_flag("--all", options.all, "decompress every rollout of the store")
      ->excludes(rollouts);
}

int cmd_restore(const Context& context) {
  if (context.options.rollouts.empty() && !context.options.all) {
    return report(
        context,
        Error{Errc::invalid, 0, "restore", {}, {"name a rollout, or use --all"}});
  }
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  const auto listed = chosen(context, opened->store);
  if (!listed) {
    return report(context, listed.error());
  }
  const int code =
      show_pass(context, *opened, [&](Session& session, const PassEvents& events) {
        return run_restore(session, listed->plain_paths, events);
      });
  return with_unreached(context, opened->store, *listed, code);
}

} // namespace coldpress
