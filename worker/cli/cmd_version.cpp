#include "worker/cli/command.hpp"
#include "worker/cli/ndjson.hpp"
#include "worker/cli/say.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace coldpress {

int cmd_version(const Context& context) {
  if (context.options.json) {
    const nlohmann::ordered_json line = {{"message_type", "version"},
                                         {"version", COLDPRESS_VERSION}};
    print_line(line.dump());
  } else {
    out("coldpress {}\n", COLDPRESS_VERSION);
  }
  return static_cast<int>(Exit::ok);
}

} // namespace coldpress
