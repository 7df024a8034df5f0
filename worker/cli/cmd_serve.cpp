#include "fsutil/log.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/say.hpp"
#include "worker/run/service.hpp"

namespace coldpress {

int cmd_serve(const Context& context) {
  const auto loaded = load(context);
  if (!loaded) {
    return report(context, loaded.error());
  }
  const Options& options = context.options;
  ServiceSetup setup{context.fs,
                     context.clock,
                     context.uid,
                     COLDPRESS_VERSION,
                     options.inputs.environment,
                     [&context]() -> Result<Settings> {
                       TRY_ASSIGN(LoadedSettings again, load(context));
                       return std::move(again.settings);
                     },
                     {}};
  if (options.json) {
    setup.pass_line = [](std::string_view line) { out("{}\n", line); };
  }
  Service service(std::move(setup));
  if (const auto started = service.start(loaded->settings); !started) {
    return report(context, started.error());
  }
  service.run();
  return static_cast<int>(Exit::ok);
}

} // namespace coldpress
