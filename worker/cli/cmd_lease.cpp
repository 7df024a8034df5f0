#include "fsutil/foreground.hpp"
#include "fsutil/text.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/thread_access.hpp"
#include "worker/rollout/writer.hpp"

#include <CLI/CLI.hpp>

namespace coldpress {

namespace {

// The command's exit code.
Result<int> run_under_lease(const Context& context) {
  const Options& options = context.options;
  TRY_ASSIGN(const OpenedStore opened, open(context));
  TRY_ASSIGN(const std::chrono::milliseconds wait, wait_of(options));
  TRY_ASSIGN(const ThreadPlace place, find_thread(context, opened.store, options.thread));
  CodexLocks codex(context.fs, context.clock, opened.store.home);
  TRY_ASSIGN(const ThreadLock lock, lock_thread(context, codex, place.thread_id, wait));
  if (options.materialize) {
    WriterOptions writing;
    writing.min_free = opened.loaded.settings.limits.min_free_bytes;
    TRY(RolloutWriter::open(
        context.fs, context.clock, codex, &lock, place.path, std::move(writing)));
  }
  ForegroundCall call;
  call.command = options.command;
  call.handed = lock.handle();
  call.environment.emplace(
      k_lease_variable,
      fmt::format("{} {}", static_cast<int>(lock.handle()), place.thread_id));
  return run_in_foreground(call);
}

} // namespace

void add_lease(CLI::App& app, Options& options) {
  app.add_option("THREAD", options.thread, "thread id, file name or path")
      ->type_name("THREAD")
      ->required();
  app.add_option("COMMAND", options.command, "program to run, and its arguments")
      ->type_name("-- COMMAND")
      ->required();
  app.add_flag("--materialize", options.materialize, "decompress the rollout first");
  add_wait(app, options);
}

int cmd_lease(const Context& context) {
  const auto code = run_under_lease(context);
  return code ? *code : report(context, code.error());
}

} // namespace coldpress
