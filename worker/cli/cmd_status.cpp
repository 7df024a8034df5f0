#include "worker/cli/command.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/not_handled.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/status_view.hpp"

namespace coldpress {

int cmd_status(const Context& context) {
  const auto opened = open(context);
  if (!opened) {
    return report(context, opened.error());
  }
  const StoreStatus status =
      look_at(context.fs, context.clock, opened->loaded.settings, opened->store);
  for (const Error& error : status.errors) {
    err("coldpress: {}\n", printable(describe(error)));
  }
  tell_not_handled(context, opened->store, Severity::warning, status.found.odd);
  if (context.options.json) {
    print_line(status_json(*opened, status));
  } else {
    out("{}", status_text(*opened, status));
  }
  return static_cast<int>(status.errors.empty() ? Exit::ok : Exit::some_failed);
}

} // namespace coldpress
