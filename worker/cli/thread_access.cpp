#include "worker/cli/thread_access.hpp"

#include "fsutil/text.hpp"
#include "worker/index/find_rollout.hpp"
#include "worker/rollout/head.hpp"

#include <CLI/CLI.hpp>

#include <charconv>

namespace coldpress {

namespace {

// The descriptor of the lease we run under, if it is this thread's.
FileHandle lease_of(const Context& context, const std::string& thread_id) {
  const auto& environment = context.options.inputs.environment;
  const auto found = environment.find(std::string(k_lease_variable));
  if (found == environment.end()) {
    return FileHandle::none;
  }
  const std::string& text = found->second;
  int number = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string rest(parsed.ptr, text.data() + text.size());
  return parsed.ec == std::errc() && number > 2 && rest == " " + thread_id
             ? FileHandle{number}
             : FileHandle::none;
}

} // namespace

Result<ThreadPlace>
find_thread(const Context& context, const Store& store, const std::string& text) {
  TRY_ASSIGN(const std::vector<std::string> found,
             find_rollouts(context.fs, &store, text));
  if (found.size() > 1) {
    Error error{Errc::invalid, 0, "find rollout", text, {"several rollouts; name one"}};
    error.context.insert(error.context.end(), found.begin(), found.end());
    return Fail(std::move(error));
  }
  TRY_ASSIGN(const std::string dir, context.fs.real_path(parent_dir(found.front())));
  if (!(dir + "/").starts_with(store.home + "/")) {
    return Fail(
        Error{Errc::invalid,
              0,
              "find rollout",
              found.front(),
              {"not in the store " + store.home + "; name its store with --store"}});
  }
  ThreadPlace place{join_path(dir, base_name(found.front())), {}};
  TRY_ASSIGN(place.thread_id, read_thread_id(context.fs, context.clock, place.path));
  return place;
}

Result<ThreadLock> lock_thread(const Context& context,
                               CodexLocks& codex,
                               const std::string& thread_id,
                               std::chrono::nanoseconds wait_at_most) {
  const FileHandle lease = lease_of(context, thread_id);
  if (lease != FileHandle::none) {
    return ThreadLock::handed_over(context.fs, codex, thread_id, lease);
  }
  return ThreadLock::acquire(context.fs, context.clock, codex, thread_id, wait_at_most);
}

void add_wait(CLI::App& app, Options& options) {
  app.add_option(
         "--wait", options.wait, "time to wait for the thread's lock (default: none)")
      ->type_name("DURATION");
}

Result<std::chrono::milliseconds> wait_of(const Options& options) {
  return options.wait.empty() ? Result<std::chrono::milliseconds>(0)
                              : parse_duration(options.wait);
}

} // namespace coldpress
