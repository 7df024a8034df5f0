#include "fsutil/log.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/patient_lines.hpp"
#include "worker/run/service.hpp"

namespace coldpress {

namespace {

Result<LoadedSettings> load_for_serve(const Context& context) {
  TRY_ASSIGN(LoadedSettings loaded, load(context));
  if (context.options.quiet && loaded.settings.log_level == "info") {
    set_up_log(LogLevel::warn);
  }
  return loaded;
}

} // namespace

int cmd_serve(const Context& context) {
  const auto loaded = load_for_serve(context);
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
                       TRY_ASSIGN(LoadedSettings again, load_for_serve(context));
                       return std::move(again.settings);
                     },
                     {}};
  PatientLines lines(context.clock);
  if (options.json) {
    setup.pass_line = [&lines](std::string_view line) { lines.take(line); };
  }
  Service service(std::move(setup));
  if (const auto started = service.start(loaded->settings); !started) {
    return report(context, started.error());
  }
  service.run();
  return static_cast<int>(Exit::ok);
}

} // namespace coldpress
