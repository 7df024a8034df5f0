#include "worker/cli/catalog_json.hpp"
#include "worker/cli/catalog_use.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"
#include "worker/index/index_check.hpp"

#include <CLI/CLI.hpp>

namespace coldpress {

namespace {

Fail no_index(const Store& store) {
  return Fail(Error{Errc::not_found,
                    0,
                    "open index",
                    index_path(store),
                    {"there is no index; create one with coldpress index build"}});
}

void tell(const Context& context, const std::string& action, const IndexReport& report) {
  tell_problems(report);
  if (context.options.json) {
    print_line(index_line(action, report));
    return;
  }
  if (!context.options.quiet) {
    out("{} rollouts; {} read, {}; {} removed; {:.1f} s\n",
        format_count(report.rollouts),
        format_count(report.read),
        format_size(report.bytes),
        format_count(report.removed),
        report.seconds);
  }
}

Result<int> build(const Context& context, const OpenedStore& opened) {
  const std::string path = index_path(opened.store);
  if (!context.fs.lstat(path) && !context.options.quiet) {
    note("coldpress: the index holds the text of all conversations of {}, without "
         "images, in {} (mode 0600); coldpress index drop removes it\n",
         printable(opened.store.home),
         printable(path));
  }
  TRY_ASSIGN(const IndexReport built, build_index(context, opened, Look::all));
  tell(context, context.options.catalog.action, built);
  return static_cast<int>(built.problems.empty() ? Exit::ok : Exit::some_failed);
}

std::uint64_t bytes_of(Fs& fs, const std::string& path) {
  std::uint64_t bytes = 0;
  for (const char* suffix : {"", "-wal"}) {
    const auto stat = fs.lstat(path + suffix);
    bytes += stat ? stat->size : 0;
  }
  return bytes;
}

Result<int> status(const Context& context, const OpenedStore& opened) {
  const std::string path = index_path(opened.store);
  TRY_ASSIGN(const auto index, Index::open_existing(path));
  if (!index) {
    if (context.options.json) {
      print_line(index_status_line(path, {}));
    } else {
      out("no index; create one with coldpress index build\n");
    }
    return static_cast<int>(Exit::ok);
  }
  TRY_ASSIGN(IndexStatus seen, index_status(context.fs, opened.store, *index));
  seen.bytes = bytes_of(context.fs, path);
  if (context.options.json) {
    print_line(index_status_line(path, seen));
    return static_cast<int>(Exit::ok);
  }
  out("{}\n  {} on disk; {} rollouts of {} decoded bytes\n",
      printable(path),
      format_size(seen.bytes),
      format_count(seen.rollouts),
      format_size(seen.plain_bytes));
  if (seen.behind == 0 && seen.gone == 0) {
    out("  up to date\n");
  } else {
    out("  behind the store: {} rollouts are new or changed, {} are gone; any command "
        "that uses it updates it\n",
        format_count(seen.behind),
        format_count(seen.gone));
  }
  for (const auto& [name, problem] : seen.problems) {
    out("  not readable: {}: {}\n", printable(name), printable(problem));
  }
  return static_cast<int>(Exit::ok);
}

Result<int> check(const Context& context, const OpenedStore& opened) {
  const std::string path = index_path(opened.store);
  TRY_ASSIGN(const auto index, Index::open_existing(path));
  if (!index) {
    return no_index(opened.store);
  }
  if (auto sound = index->check(); !sound) {
    Error error = std::move(sound.error());
    error.context.emplace_back("run coldpress index rebuild");
    return Fail(std::move(error).at(path));
  }
  TRY_ASSIGN(const auto different,
             verify_index(context.fs, context.clock, opened.store, *index));
  for (const std::string& line : different) {
    err("coldpress: {}\n", printable(line));
  }
  if (context.options.json) {
    print_line(index_verified_line(different));
  } else if (!context.options.quiet && different.empty()) {
    out("the index is undamaged and matches the rollouts\n");
  }
  if (!different.empty()) {
    note("coldpress: run coldpress index rebuild\n");
  }
  return static_cast<int>(different.empty() ? Exit::ok : Exit::needs_a_person);
}

Result<int> drop(const Context& context, const OpenedStore& opened) {
  const std::string path = index_path(opened.store);
  std::size_t removed = 0;
  if (context.fs.lstat(opened.store.state_dir)) {
    TRY_ASSIGN(const File lock, lock_index(context.fs, opened.store));
    TRY_ASSIGN(removed, Index::drop(path));
  }
  if (context.options.json) {
    print_line(index_dropped_line(path, removed));
  } else if (!context.options.quiet) {
    out("{}\n", removed > 0 ? "the index is removed" : "there is no index");
    if (opened.loaded.settings.catalog.enabled) {
      note("coldpress: catalog.enabled is on, so the next command rebuilds it\n");
    }
  }
  return static_cast<int>(Exit::ok);
}

Result<int> rebuild(const Context& context, const OpenedStore& opened) {
  if (context.fs.lstat(index_path(opened.store))) {
    TRY_ASSIGN(const File lock, lock_index(context.fs, opened.store));
    TRY(Index::drop(index_path(opened.store)));
  }
  return build(context, opened);
}

Result<int> act(const Context& context, const OpenedStore& opened) {
  const std::string& action = context.options.catalog.action;
  if (action == "build") {
    return build(context, opened);
  }
  if (action == "status") {
    return status(context, opened);
  }
  if (action == "verify") {
    return check(context, opened);
  }
  if (action == "rebuild") {
    return rebuild(context, opened);
  }
  if (action == "drop") {
    return drop(context, opened);
  }
  const std::string near =
      nearest(action, {"build", "status", "verify", "rebuild", "drop"});
  return Fail(Error{
      Errc::invalid,
      0,
      "index",
      "",
      {fmt::format(
          "unknown action \"{}\"{}; use one of build, status, verify, rebuild, drop",
          printable(action),
          near.empty() ? "" : fmt::format(", did you mean {}?", near))}});
}

} // namespace

void add_index(CLI::App& app, Options& options) {
  app.add_option(
         "ACTION", options.catalog.action, "build, status, verify, rebuild or drop")
      ->type_name("build|status|verify|rebuild|drop")
      ->required();
}

int cmd_index(const Context& context) {
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  const auto code = act(context, *opened);
  return code ? *code : report(context, code.error());
}

} // namespace coldpress
