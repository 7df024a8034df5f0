#include "fsutil/text.hpp"
#include "worker/cli/command.hpp"
#include "worker/rollout/reader.hpp"
#include "worker/run/find_rollout.hpp"

#include <CLI/CLI.hpp>

#include <cerrno>

namespace coldpress {

namespace {

Result<void> print_rollout(const Context& context, const std::string& path) {
  TRY_ASSIGN(RolloutReader reader, RolloutReader::open(context.fs, context.clock, path));
  TRY(copy_rollout(reader, [](std::span<const std::byte> data) -> Result<void> {
    if (std::fwrite(data.data(), 1, data.size(), stdout) != data.size()) {
      return Fail(Error::from_errno(errno, "write", "standard output"));
    }
    return {};
  }));
  if (std::fflush(stdout) != 0) {
    return Fail(Error::from_errno(errno, "write", "standard output"));
  }
  return {};
}

Result<std::string> the_one(const Context& context, const std::string& text) {
  // A path needs no store; anything else is looked for in one.
  auto by_path = find_rollouts(context.fs, nullptr, text);
  if (by_path || text.find('/') != std::string::npos) {
    return by_path ? Result<std::string>(by_path->front())
                   : Fail(std::move(by_path.error()));
  }
  TRY_ASSIGN(const OpenedStore opened, open(context));
  TRY_ASSIGN(const std::vector<std::string> found,
             find_rollouts(context.fs, &opened.store, text));
  if (found.size() > 1) {
    Error error{Errc::invalid, 0, "find rollout", text, {"several rollouts; name one"}};
    error.context.insert(error.context.end(), found.begin(), found.end());
    return Fail(std::move(error));
  }
  return found.front();
}

} // namespace

void add_cat(CLI::App& app, Options& options) {
  app.add_option("rollout",
                 options.rollouts,
                 "path, file name or thread id; .jsonl and .jsonl.zst mean the same")
      ->type_name("ROLLOUT")
      ->required();
}

int cmd_cat(const Context& context) {
  for (const std::string& text : context.options.rollouts) {
    auto path = the_one(context, text);
    auto printed =
        path ? print_rollout(context, *path) : Result<void>(Fail(path.error()));
    if (!printed) {
      const bool closed = printed.error().sys == EPIPE;
      return closed ? static_cast<int>(Exit::ok) : report(context, printed.error());
    }
  }
  return static_cast<int>(Exit::ok);
}

} // namespace coldpress
