#include "worker/catalog/search_query.hpp"
#include "worker/cli/catalog_json.hpp"
#include "worker/cli/catalog_options.hpp"
#include "worker/cli/catalog_use.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/thread_names.hpp"
#include "worker/index/store_files.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <set>

namespace coldpress {

namespace {

// What was hit in bold on a terminal, else between brackets.
std::string marked(const std::string& snippet, bool colour) {
  std::string text;
  for (std::size_t at = 0; at < snippet.size();) {
    const std::size_t end = std::min(
        snippet.find_first_of(std::string{k_hit_begin, k_hit_end}, at), snippet.size());
    text += printable(std::string_view(snippet).substr(at, end - at));
    if (end < snippet.size()) {
      const bool begins = snippet[end] == k_hit_begin;
      text += colour ? (begins ? "\x1b[1m" : "\x1b[0m") : (begins ? "[" : "]");
    }
    at = end + 1;
  }
  return text;
}

bool wants_colour() {
  const char* forbidden = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) == 1 && (forbidden == nullptr || *forbidden == '\0');
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

Fail no_index(const Store& store) {
  return Fail(Error{Errc::not_found,
                    0,
                    "open index",
                    index_path(store),
                    {"there is no index; create one with coldpress index build, or use "
                     "search --scan, which needs none"}});
}

void print_hits(const std::vector<SearchHit>& hits,
                const ThreadNames& names,
                WallTime now) {
  const bool colour = wants_colour();
  const ListedThread* before = nullptr;
  for (const SearchHit& hit : hits) {
    const ListedThread& thread = hit.thread;
    if (before == nullptr || before->id != thread.id) {
      const auto name = names.find(thread.thread);
      out("{}{}  {}  {} plain, {} on disk  {}  {}\n",
          before == nullptr ? "" : "\n",
          thread.thread,
          age_text(thread.written, now),
          format_size(thread.plain_bytes),
          format_size(thread.disk_bytes),
          printable(thread.project),
          short_text(name == names.end() ? thread.preview : name->second, 60));
    }
    before = &thread;
    out("  line {}, {}: {}\n",
        hit.line,
        printable(hit.type),
        hit.snippet.empty() ? "(far into a long text)" : marked(hit.snippet, colour));
  }
}

Result<void> search(const Context& context, const OpenedStore& opened) {
  const CatalogOptions& options = context.options.catalog;
  SearchQuery query;
  TRY_ASSIGN(query.words, fts_query(joined(options.words)));
  TRY_ASSIGN(auto use, use_catalog(context, opened, Without::nothing));
  if (!use) {
    return no_index(opened.store);
  }
  TRY_ASSIGN(query.filter, filter_of(options, context.clock.wall()));
  TRY(put_family(*use, options, query.filter));
  // One more, to know whether there is more.
  constexpr std::uint64_t k_all = 1'000'000;
  const std::uint64_t limit = options.limit == 0 ? k_all : options.limit;
  query.limit = limit + 1;
  query.offset = options.skip;
  TRY_ASSIGN(std::vector<SearchHit> hits, search_words(use->index, query));
  const bool more = hits.size() > limit;
  hits.resize(std::min<std::size_t>(hits.size(), limit));
  const ThreadNames names = read_thread_names(context.fs, opened.store.home);
  if (context.options.json) {
    for (const SearchHit& hit : hits) {
      const auto name = names.find(hit.thread.thread);
      print_line(hit_line(hit, name == names.end() ? "" : name->second));
    }
    print_line(search_line(hits.size(), more, use->up_to_date));
    return {};
  }
  print_hits(hits, names, context.clock.wall());
  if (!context.options.quiet) {
    note("coldpress: {} hits{}\n",
         hits.size(),
         more ? fmt::format("; more with --skip {}", options.skip + limit) : "");
  }
  return {};
}

// What the rows of a file and its first record say is asked here; the rest of the rows.
bool is_wanted(const Context& context,
               const Store& store,
               const FoundRollout& found,
               const ThreadFilter& filter) {
  if ((filter.since && found.stat.mtime < *filter.since) ||
      (filter.until && found.stat.mtime >= *filter.until) ||
      (filter.compressed && *filter.compressed != found.compressed) ||
      (filter.archived && *filter.archived != found.archived)) {
    return false;
  }
  if (filter.project.empty() && filter.source.empty()) {
    return true;
  }
  const auto head = read_head(context.fs, join_path(store.home, found.path()));
  const RolloutHead said = head ? head->value_or(RolloutHead{}) : RolloutHead{};
  const bool inside = filter.project.empty() || said.cwd == filter.project ||
                      said.cwd.starts_with(filter.project + "/") || filter.project == "/";
  return inside && (filter.source.empty() || said.source == filter.source);
}

// --status and --family need all rows.
Result<std::vector<FoundRollout>> choose(const Context& context,
                                         const OpenedStore& opened,
                                         std::vector<std::string>& problems) {
  const CatalogOptions& options = context.options.catalog;
  TRY_ASSIGN(ThreadFilter filter, filter_of(options, context.clock.wall()));
  std::optional<std::set<std::string>> names;
  if (!options.status.empty() || !options.family.empty()) {
    TRY_ASSIGN(auto use, use_catalog(context, opened, Without::make_rows));
    TRY(put_family(*use, options, filter));
    ListQuery query;
    query.filter = filter;
    query.older_rollouts = true;
    TRY_ASSIGN(const auto threads, list_threads(use->index.db(), query));
    names.emplace();
    for (const ListedThread& thread : threads) {
      names->insert(thread.name);
    }
  }
  StoreFiles files = files_of(context.fs, opened.store);
  problems = std::move(files.problems);
  std::erase_if(files.rollouts, [&](const FoundRollout& found) {
    return (names && names->count(found.name) == 0) ||
           !is_wanted(context, opened.store, found, filter);
  });
  // Newest first, as the index answers.
  std::reverse(files.rollouts.begin(), files.rollouts.end());
  return std::move(files.rollouts);
}

Result<int> scan(const Context& context, const OpenedStore& opened) {
  const CatalogOptions& options = context.options.catalog;
  ScanRequest request;
  request.pattern = options.scan;
  request.threads = opened.loaded.settings.limits.jobs;
  request.limit = options.limit == 0 ? 0 : options.limit + options.skip;
  std::vector<std::string> problems;
  TRY_ASSIGN(request.rollouts, choose(context, opened, problems));
  const bool colour = wants_colour();
  std::string before;
  std::uint64_t passed = 0;
  TRY_ASSIGN(
      ScanReport seen,
      scan_rollouts(
          context.fs, context.clock, opened.store, request, [&](const ScanHit& hit) {
            if (passed++ < options.skip) {
              return;
            }
            if (context.options.json) {
              print_line(scan_hit_line(hit));
              return;
            }
            if (hit.rollout != before) {
              out("{}{}\n", before.empty() ? "" : "\n", printable(hit.rollout));
              before = hit.rollout;
            }
            out("  line {}: {}\n", hit.line, marked(hit.snippet, colour));
          }));
  seen.problems.insert(seen.problems.end(), problems.begin(), problems.end());
  for (const std::string& problem : seen.problems) {
    warn("coldpress: {}\n", printable(problem));
  }
  const std::uint64_t shown = seen.hits - std::min(seen.hits, options.skip);
  if (context.options.json) {
    print_line(search_line(shown, seen.more, true));
  } else if (!context.options.quiet) {
    note("coldpress: {} lines in {} of decoded bytes{}\n",
         shown,
         format_size(seen.bytes),
         seen.more ? "; stopped at the limit; --limit 0 shows all" : "");
  }
  return static_cast<int>(seen.problems.empty() ? Exit::ok : Exit::some_failed);
}

} // namespace

void add_search(CLI::App& app, Options& options) {
  app.add_option("WORDS",
                 options.catalog.words,
                 "words, \"phrases\", prefixes*, AND, OR, NOT, parentheses")
      ->type_name("WORDS");
  app.add_option("--scan",
                 options.catalog.scan,
                 "search the rollouts for this text, without an index")
      ->type_name("TEXT")
      ->excludes("WORDS");
  add_thread_filters(app, options);
  add_paging(app, options);
}

int cmd_search(const Context& context) {
  const CatalogOptions& options = context.options.catalog;
  if (options.words.empty() && options.scan.empty()) {
    return report(context,
                  Error{Errc::invalid,
                        0,
                        "search",
                        "",
                        {"nothing to search for; give words, or --scan TEXT"}});
  }
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  if (!options.scan.empty()) {
    const auto code = scan(context, *opened);
    return code ? *code : report(context, code.error());
  }
  const auto found = search(context, *opened);
  return found ? static_cast<int>(Exit::ok) : report(context, found.error());
}

} // namespace coldpress
