#include "worker/cli/command.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"
#include "worker/cli/table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace coldpress {

int cmd_config(const Context& context) {
  const auto loaded = load(context);
  if (!loaded) {
    return report(context, loaded.error());
  }
  if (context.options.quiet) { // only whether it is right
    return static_cast<int>(Exit::ok);
  }
  if (context.options.json) {
    for (const EffectiveValue& value : loaded->values) {
      const nlohmann::ordered_json line = {{"message_type", "setting"},
                                           {"key", value.key},
                                           {"value", printable(value.value)},
                                           {"origin", printable(value.origin)}};
      print_line(line.dump());
    }
    return static_cast<int>(Exit::ok);
  }
  Table table({Align::left, Align::left, Align::left});
  for (const EffectiveValue& value : loaded->values) {
    table.add({value.key, "= " + printable(value.value), "# " + printable(value.origin)});
  }
  out("{}", table.text());
  out("# file: {}\n",
      loaded->config_file.empty() ? "none found" : printable(loaded->config_file));
  return static_cast<int>(Exit::ok);
}

} // namespace coldpress
