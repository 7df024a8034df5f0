#include "worker/cli/catalog_json.hpp"
#include "worker/cli/catalog_options.hpp"
#include "worker/cli/catalog_use.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/table.hpp"
#include "worker/cli/thread_names.hpp"

#include <CLI/CLI.hpp>

#include <map>

namespace coldpress {

namespace {

constexpr std::size_t k_title = 60;

Result<ListQuery> query_of(const Context& context, const CatalogUse& use) {
  const CatalogOptions& options = context.options.catalog;
  static const std::map<std::string, ListSort> k_sorts{{"age", ListSort::age},
                                                       {"size", ListSort::size},
                                                       {"disk", ListSort::disk},
                                                       {"turns", ListSort::turns}};
  ListQuery query;
  const auto sort = k_sorts.find(options.sort);
  if (sort == k_sorts.end()) {
    return Fail(
        Error{Errc::invalid,
              0,
              "list",
              "",
              {fmt::format("--sort takes one of age, size, disk, turns, not \"{}\"",
                           printable(options.sort))}});
  }
  TRY_ASSIGN(query.filter, filter_of(options, context.clock.wall()));
  TRY(put_family(use, options, query.filter));
  query.sort = sort->second;
  query.ascending = options.reverse;
  query.older_rollouts = options.older;
  query.offset = options.skip;
  query.limit = options.limit;
  return query;
}

std::string name_in(const ThreadNames& names, const ListedThread& thread) {
  const auto found = names.find(thread.thread);
  return found == names.end() ? std::string() : found->second;
}

// What stands between the parts of a family.
std::string kinship(const ListedThread& thread) {
  if (!thread.base_rollout.empty()) {
    return fmt::format(
        "shares {} of {}", format_size(thread.base_byte), printable(thread.base_rollout));
  }
  return thread.forked_from.empty() ? std::string()
                                    : "copied from " + printable(thread.forked_from);
}

std::string table_of(const std::vector<ListedThread>& threads,
                     const ThreadNames& names,
                     WallTime now,
                     bool family) {
  Table table({Align::left,
               Align::right,
               Align::right,
               Align::left,
               Align::right,
               Align::right,
               Align::left,
               Align::left,
               Align::left,
               Align::left,
               Align::left});
  std::vector<std::string> head{"thread",
                                "age",
                                "turns",
                                "status",
                                "plain",
                                "on disk",
                                "form",
                                "tree",
                                "project",
                                "source",
                                "title"};
  table.add(std::move(head));
  for (const ListedThread& thread : threads) {
    const std::string name = name_in(names, thread);
    const std::string title = !thread.problem.empty()
                                  ? "(not readable: " + thread.problem + ")"
                              : name.empty() ? thread.preview
                                             : name;
    table.add(
        {thread.thread,
         age_text(thread.written, now),
         format_count(thread.turns),
         thread.status,
         format_size(thread.plain_bytes),
         format_size(thread.disk_bytes),
         thread.compressed ? "compressed" : "plain",
         thread.archived ? "archived" : "active",
         printable(thread.project),
         printable(thread.source),
         short_text(title, k_title) +
             (family && !kinship(thread).empty() ? "  [" + kinship(thread) + "]" : "")});
  }
  return table.text();
}

Result<void> show(const Context& context, const OpenedStore& opened) {
  TRY_ASSIGN(auto use, use_catalog(context, opened, Without::make_rows));
  TRY_ASSIGN(const ListQuery query, query_of(context, *use));
  TRY_ASSIGN(const std::vector<ListedThread> threads,
             list_threads(use->index.db(), query));
  const ThreadNames names = read_thread_names(context.fs, opened.store.home);
  if (context.options.json) {
    for (const ListedThread& thread : threads) {
      print_line(thread_line(thread, name_in(names, thread)));
    }
    TRY_ASSIGN(const ThreadTotals totals, total_of(use->index.db(), query));
    print_line(list_line(totals, threads.size(), use->up_to_date));
    return {};
  }
  if (threads.empty()) {
    if (!context.options.quiet) {
      note("coldpress: no thread matches\n");
    }
    return {};
  }
  const bool family = !context.options.catalog.family.empty();
  out("{}", table_of(threads, names, context.clock.wall(), family));
  TRY_ASSIGN(const ThreadTotals totals, total_of(use->index.db(), query));
  if (!context.options.quiet) {
    out("\n{} of {} threads; all of them: {} plain, {} on disk\n",
        format_count(threads.size()),
        format_count(totals.threads),
        format_size(totals.plain_bytes),
        format_size(totals.disk_bytes));
  }
  return {};
}

} // namespace

void add_list(CLI::App& app, Options& options) {
  add_thread_filters(app, options);
  app.add_option("--sort", options.catalog.sort, "sort key (default: age, newest first)")
      ->type_name("age|size|disk|turns");
  app.add_flag("--reverse", options.catalog.reverse, "reverse the order");
  app.add_flag("--older",
               options.catalog.older,
               "include rollouts replaced by a newer one of their thread");
  add_paging(app, options);
}

int cmd_list(const Context& context) {
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  const auto shown = show(context, *opened);
  return shown ? static_cast<int>(Exit::ok) : report(context, shown.error());
}

} // namespace coldpress
