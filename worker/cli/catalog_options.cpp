#include "worker/cli/catalog_options.hpp"

#include "fsutil/text.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>

namespace coldpress {

namespace {

// "90d" is that long ago; else a date, or a date and time.
Result<WallTime> parse_moment(const std::string& text, WallTime now) {
  if (const auto ago = parse_duration(text)) {
    return now - *ago;
  }
  constexpr std::size_t k_date = 10; // 2026-03-01
  auto time = parse_time(text.size() == k_date ? text + "T00:00:00Z" : text);
  if (!time) {
    return Fail(Error{
        Errc::invalid,
        0,
        "parse time",
        "",
        {fmt::format(
            "\"{}\" is not a time; write it like 90d, 2026-03-01 or 2026-03-01T12:00:00Z",
            printable(text))}});
  }
  return *time;
}

Result<void> check_word(std::string_view flag,
                        const std::string& typed,
                        const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (typed.empty() || typed == word) {
      return {};
    }
  }
  const std::string near = nearest(typed, words);
  return Fail(
      Error{Errc::invalid,
            0,
            "read options",
            "",
            {fmt::format("{} takes one of {}, not \"{}\"{}",
                         flag,
                         fmt::join(words, ", "),
                         printable(typed),
                         near.empty() ? "" : fmt::format("; did you mean {}?", near))}});
}

} // namespace

void add_thread_filters(CLI::App& app, Options& options) {
  CatalogOptions& catalog = options.catalog;
  app.add_option("--project", catalog.project, "only threads of this directory and below")
      ->type_name("DIR");
  app.add_option("--source",
                 catalog.source,
                 "only threads of this source: cli, vscode, exec, ...")
      ->type_name("NAME");
  app.add_option(
         "--since", catalog.since, "last written at or after: 90d, 2026-03-01, RFC 3339")
      ->type_name("TIME");
  app.add_option("--until", catalog.until, "last written before, in the same forms")
      ->type_name("TIME");
  app.add_option("--status", catalog.status, "status of the last turn")
      ->type_name("completed|failed|interrupted|none");
  app.add_option("--form", catalog.form, "current form of the rollout")
      ->type_name("plain|compressed");
  auto* archived = app.add_flag("--archived", catalog.archived, "only archived threads");
  app.add_flag("--active", catalog.active, "only threads that are not archived")
      ->excludes(archived);
  app.add_option(
         "--family", catalog.family, "only this thread, its forks and its parents")
      ->type_name("THREAD");
}

void add_paging(CLI::App& app, Options& options) {
  CatalogOptions& catalog = options.catalog;
  app.add_option(
         "--limit", catalog.limit, "maximum number of results; 0: all (default: 50)")
      ->type_name("N")
      ->check(whole_number);
  app.add_option("--skip", catalog.skip, "skip the first N results")
      ->type_name("N")
      ->check(whole_number);
  app.add_flag(
      "--no-update", catalog.no_update, "use the index as it is, without updating it");
}

Result<ThreadFilter> filter_of(const CatalogOptions& options, WallTime now) {
  TRY(check_word(
      "--status", options.status, {"completed", "failed", "interrupted", "none"}));
  TRY(check_word("--form", options.form, {"plain", "compressed"}));
  ThreadFilter filter;
  if (!options.project.empty()) {
    std::error_code failed;
    const auto path = std::filesystem::absolute(options.project, failed);
    filter.project = failed ? options.project : path.lexically_normal().string();
  }
  filter.source = options.source;
  filter.status = options.status;
  if (!options.since.empty()) {
    TRY_ASSIGN(filter.since, parse_moment(options.since, now));
  }
  if (!options.until.empty()) {
    TRY_ASSIGN(filter.until, parse_moment(options.until, now));
  }
  if (!options.form.empty()) {
    filter.compressed = options.form == "compressed";
  }
  if (options.archived || options.active) {
    filter.archived = options.archived;
  }
  return filter;
}

} // namespace coldpress
