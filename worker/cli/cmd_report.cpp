#include "worker/cli/command.hpp"
#include "worker/cli/fleet/merge.hpp"
#include "worker/cli/fleet/options.hpp"
#include "worker/cli/html_file.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/not_handled.hpp"
#include "worker/cli/report/view.hpp"
#include "worker/cli/say.hpp"

#include <CLI/CLI.hpp>

namespace coldpress {

namespace {

Result<void> show(const Context& context, const ReportView& view) {
  if (!context.options.html.empty()) {
    TRY(put_page(context.fs, context.options.html, report_html(view)));
  }
  if (context.options.json) {
    print_line(report_json(view));
  } else if (context.options.html.empty()) {
    out("{}", report_text(view));
  }
  return {};
}

} // namespace

void add_report(CLI::App& app, Options& options) {
  app.add_option("--largest", options.largest, "number of largest rollouts to list")
      ->type_name("N")
      ->check(whole_number)
      ->default_val(options.largest);
  app.add_option(
         "--html", options.html, "write one self-contained HTML page; - is stdout")
      ->type_name("FILE");
  app.add_flag("--all", options.all, "show every project, not only the largest");
  add_fleet_report(app, options);
}

int cmd_report(const Context& context) {
  if (!context.options.fleet.merge.empty()) {
    return merge_reports(context);
  }
  if (const auto fits = check_page_place(context.options.json, context.options.html);
      !fits) {
    return report(context, fits.error());
  }
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  const Survey seen =
      survey(context.fs, context.clock, opened->loaded.settings, opened->store);
  for (const Error& error : seen.errors) {
    err("coldpress: {}\n", printable(describe(error)));
  }
  tell_not_handled(context, opened->store, Severity::warning, seen.odd);
  if (const auto shown =
          show(context, ReportView(seen, context.options.largest, context.options.all));
      !shown) {
    return report(context, shown.error());
  }
  return static_cast<int>(seen.errors.empty() ? Exit::ok : Exit::some_failed);
}

} // namespace coldpress
