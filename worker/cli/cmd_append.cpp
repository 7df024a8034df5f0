#include "fsutil/input_lines.hpp"
#include "fsutil/text.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/thread_access.hpp"
#include "worker/index/index_observer.hpp"
#include "worker/rollout/find.hpp"
#include "worker/rollout/line_reader.hpp"
#include "worker/rollout/name.hpp"
#include "worker/rollout/writer.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace coldpress {

namespace {

Result<SyncPolicy> sync_of(const std::string& text) {
  if (text.empty() || text == "batch") {
    return SyncPolicy::batch;
  }
  if (text == "none" || text == "record") {
    return text == "none" ? SyncPolicy::none : SyncPolicy::record;
  }
  return Fail(
      Error{Errc::invalid, 0, "--sync", {}, {"none, batch or record, not " + text}});
}

// The lines of standard input, into one rollout.
class Appending {
public:
  explicit Appending(const Context& context) : context_(context) {}

  int run() {
    const auto done = work();
    if (!path_.empty()) {
      show();
    }
    return done ? static_cast<int>(Exit::ok) : report(context_, done.error());
  }

private:
  Result<void> work() {
    TRY_ASSIGN(const OpenedStore opened, open(context_));
    TRY_ASSIGN(const std::chrono::milliseconds wait, wait_of(context_.options));
    TRY_ASSIGN(options_.sync, sync_of(context_.options.sync));
    options_.min_free = opened.loaded.settings.limits.min_free_bytes;
    TRY_ASSIGN(const ThreadPlace place, find(opened.store));
    CodexLocks codex(context_.fs, context_.clock, opened.store.home);
    TRY_ASSIGN(const ThreadLock lock,
               lock_thread(context_, codex, place.thread_id, wait));
    IndexObserver index(context_.fs, context_.clock, opened.store);
    options_.appended = [&](const AppendedLines& lines) {
      (void)index.see(path_, lines); // what it lacks the next update of the index reads
    };
    TRY_ASSIGN(const std::optional<std::string> first, next_line());
    if (!first) { // to open a .zst for appending is to decompress it
      path_ = place.path;
      return {};
    }
    TRY(numbered(check_record(*first)));
    if (context_.options.is_new) {
      return copy_to(
          RolloutWriter::create(context_.fs, context_.clock, lock, place.path, options_),
          first);
    }
    TRY_ASSIGN(RolloutWriter writer,
               RolloutWriter::open(
                   context_.fs, context_.clock, codex, &lock, place.path, options_));
    return copy_to(std::move(writer), first);
  }

  Result<ThreadPlace> find(const Store& store) const {
    const std::string& thread = context_.options.thread;
    if (!context_.options.is_new) {
      return find_thread(context_, store, thread);
    }
    const std::string id = lower_case(thread);
    if (!is_uuid(id)) {
      return Fail(
          Error{Errc::invalid, 0, "append --new", thread, {"this is not a thread id"}});
    }
    auto there = find_thread(context_, store, id);
    if (there) {
      return Fail(Error{Errc::exists,
                        0,
                        "append --new",
                        there->path,
                        {"the thread already has a rollout"}});
    }
    if (!has_no_rollout(there.error().code)) {
      return there;
    }
    return ThreadPlace{new_rollout_path(store.home, context_.clock.wall(), id), id};
  }

  Result<std::optional<std::string>> next_line() {
    number_ += 1;
    return input_.next();
  }

  Result<void> numbered(Result<void> done) const {
    return done ? std::move(done)
                : Fail(std::move(done.error())
                           .in(fmt::format("line {} of standard input", number_)));
  }

  Result<void> copy_to(RolloutWriter writer, std::optional<std::string> line) {
    path_ = writer.path();
    while (line) {
      auto queued = numbered(writer.append(*line));
      // What came at once goes out at once.
      if (!queued || !input_.holds_line()) {
        TRY(writer.flush(done_));
      }
      TRY(std::move(queued));
      TRY_ASSIGN(line, next_line());
    }
    if (!writer.saved()) {
      TRY_ASSIGN(done_, writer.persist());
    }
    return {};
  }

  void show() const {
    if (context_.options.json) {
      print_line(json_of(done_, path_));
    } else if (!context_.options.quiet) {
      note("coldpress: {} {} appended to {}\n",
           done_.appended,
           done_.appended == 1 ? "record" : "records",
           printable(path_));
    }
    if (done_.torn > 0) {
      warn("coldpress: {} partial records of failed writes were ended with a newline; {} "
           "share their line with another writer's record\n",
           done_.torn,
           done_.shared_lines);
    }
  }

  const Context& context_;
  WriterOptions options_;
  std::string path_; // empty until a writer has it, or has none to get
  InputLines input_{STDIN_FILENO, "standard input", LineReader::k_longest_line};
  std::uint64_t number_ = 0; // of the line read last
  AppendReport done_;
};

} // namespace

void add_append(CLI::App& app, Options& options) {
  app.add_option("THREAD", options.thread, "thread id, file name or path")
      ->type_name("THREAD")
      ->required();
  app.add_flag(
      "--new", options.is_new, "create the thread; with empty input nothing is created");
  app.add_option("--sync", options.sync, "when to sync to disk (default: batch)")
      ->type_name("none|batch|record");
  add_wait(app, options);
}

int cmd_append(const Context& context) {
  return Appending(context).run();
}

} // namespace coldpress
