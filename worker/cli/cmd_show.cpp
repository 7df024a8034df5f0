#include "worker/cli/catalog_json.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/html_file.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/pager.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/show_text.hpp"
#include "worker/cli/thread_names.hpp"
#include "worker/index/find_rollout.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace coldpress {

namespace {

// Of a thread with several rollouts the newest is the thread: their names begin with the
// time.
Result<std::string> newest(const Context& context, const Store& store) {
  TRY_ASSIGN(const std::vector<std::string> found,
             find_rollouts(context.fs, &store, context.options.catalog.thread));
  return *std::max_element(
      found.begin(), found.end(), [](const std::string& a, const std::string& b) {
        return base_name(a) < base_name(b);
      });
}

std::string status_of(const std::vector<history::TurnView>& turns) {
  return turns.empty() ? "none" : std::string(name_of(turns.back().status));
}

Result<ShownThread> describe_thread(const Context& context,
                                    const Store& store,
                                    const std::string& path,
                                    const ThreadHistory& history) {
  ShownThread shown;
  ListedThread& listed = shown.listed;
  TRY_ASSIGN(RolloutReader reader, RolloutReader::open(context.fs, context.clock, path));
  const FileStat stat = reader.stat();
  listed.compressed = reader.form() == Form::compressed;
  TRY_ASSIGN(const auto head, read_head(reader));
  TRY_ASSIGN(RolloutReader whole, RolloutReader::open(context.fs, context.clock, path));
  TRY_ASSIGN(listed.plain_bytes, whole.skip(~std::uint64_t{0}));
  const auto name = parse_rollout_name(base_name(path));
  listed.name = base_name(path);
  listed.dir = path_in_store(store.home, parent_dir(path));
  listed.archived = listed.dir == tree_name(Root::archived);
  listed.thread = name                  ? name->thread_id
                  : history.thread.meta ? history.thread.meta->thread_id
                                        : "";
  listed.rollout_id =
      name && !name->rollout_id.empty() ? name->rollout_id : listed.thread;
  listed.preview = history.thread.preview;
  listed.mode = name_of(history.thread.mode);
  listed.tokens = history.thread.tokens;
  listed.written = stat.mtime;
  listed.disk_bytes = stat.allocated;
  listed.unreadable_lines = history.counts.unreadable;
  if (head) {
    listed.project = head->cwd;
    listed.source = head->source;
    listed.version = head->cli_version;
    listed.begun =
        head->written == WallTime{} ? std::nullopt : std::optional(head->written);
  }
  if (history.thread.meta) {
    listed.forked_from = history.thread.meta->forked_from;
    const history::Base base = history.thread.meta->base.value_or(history::Base{});
    listed.base_rollout = base.rollout_id;
    listed.base_byte = base.end_byte;
  }
  const ThreadNames names = read_thread_names(context.fs, store.home);
  const auto found = names.find(listed.thread);
  shown.name = found == names.end() ? "" : found->second;
  return shown;
}

Result<void>
print(const Context& context, ShownThread shown, const ThreadHistory& history) {
  const auto turns = view_of(history.rows, history.thread.mode);
  shown.listed.turns = turns.size();
  shown.listed.status = status_of(turns);
  shown.listed.failed_turns = static_cast<std::uint64_t>(
      std::count_if(turns.begin(), turns.end(), [](const history::TurnView& turn) {
        return turn.status == history::Status::failed;
      }));
  if (context.options.json) {
    print_line(thread_line(shown.listed, shown.name));
    for (const history::TurnView& turn : turns) {
      print_line(turn_line(turn));
    }
    return {};
  }
  if (!context.options.html.empty()) {
    TRY(write_page(context.fs, context.options.html, show_html(shown, history)));
    if (!context.options.quiet) {
      note("coldpress: thread written to {}\n", printable(context.options.html));
    }
    return {};
  }
  const Pager pager(!context.options.quiet);
  out("{}", show_head_text(shown, history));
  for (std::size_t i = 0; i < turns.size(); ++i) {
    out("{}", show_turn_text(turns[i], i + 1));
  }
  return {};
}

Result<void> show(const Context& context, const OpenedStore& opened) {
  TRY_ASSIGN(const std::string path, newest(context, opened.store));
  const auto lines = context.options.catalog.as_codex ? history::ErrorLines::ignored
                                                      : history::ErrorLines::counted;
  TRY_ASSIGN(const ThreadHistory history,
             read_thread(context.fs, context.clock, opened.store, path, lines));
  if (!history.thread.refused.empty()) {
    return Fail(
        Error{Errc::unsupported, 0, "read thread", path, {history.thread.refused}});
  }
  TRY_ASSIGN(ShownThread shown, describe_thread(context, opened.store, path, history));
  return print(context, std::move(shown), history);
}

} // namespace

void add_show(CLI::App& app, Options& options) {
  app.add_option(
         "THREAD", options.catalog.thread, "thread or rollout id, file name or path")
      ->type_name("THREAD")
      ->required();
  app.add_option("--html", options.html, "write one self-contained HTML page")
      ->type_name("FILE");
  app.add_flag("--as-codex",
               options.catalog.as_codex,
               "ignore error lines of old releases, as Codex does");
}

int cmd_show(const Context& context) {
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  const auto shown = show(context, *opened);
  return shown ? static_cast<int>(Exit::ok) : report(context, shown.error());
}

} // namespace coldpress
