#include "fsutil/log.hpp"
#include "worker/cli/command.hpp"
#include "worker/cli/patient_lines.hpp"
#include "worker/serve/notify.hpp"
#include "worker/serve/service.hpp"

#include <algorithm>

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

namespace {

constexpr std::chrono::minutes k_first_wait{1};
constexpr std::chrono::minutes k_longest_wait{60};
constexpr std::chrono::hours k_between_lines{24};
constexpr std::chrono::seconds k_between_signs{60}; // of life

// What may be gone by itself. A service manager would start us again each minute, with an
// error each time; who typed the command wants the answer.
bool is_worth_waiting(const Context& context, const Error& error) {
  return context.options.inputs.environment.count("NOTIFY_SOCKET") > 0 &&
         (error.code == Errc::busy || error.code == Errc::not_found);
}

// One line a day, and less and less often: until the stores can be opened. SIGTERM ends
// it, for nothing is held.
class StoreWait {
public:
  explicit StoreWait(const Clock& clock) : clock_(clock) {}

  void wait(const Error& error) {
    const std::string why = "waiting: " + printable(describe(error));
    if (!told_ || clock_.boot() - *told_ >= k_between_lines) {
      told_ = clock_.boot();
      log_warn("{}; retrying at least every hour", why);
    }
    notify_.ready(why);
    const BootTime until = clock_.boot() + length_;
    while (clock_.boot() < until) {
      notify_.alive();
      clock_.sleep(std::min<std::chrono::milliseconds>(
          k_between_signs,
          std::chrono::ceil<std::chrono::milliseconds>(until - clock_.boot())));
    }
    length_ = std::min<std::chrono::minutes>(length_ * 2, k_longest_wait);
  }

private:
  const Clock& clock_;
  Notify notify_;
  std::chrono::minutes length_ = k_first_wait;
  std::optional<BootTime> told_;
};

} // namespace

int cmd_serve(const Context& context) {
  const auto loaded = load_for_serve(context);
  if (!loaded) {
    return report(context, loaded.error());
  }
  const Options& options = context.options;
  const auto reload = [&context]() -> Result<Settings> {
    TRY_ASSIGN(LoadedSettings again, load_for_serve(context));
    return std::move(again.settings);
  };
  ServiceSetup setup{context.fs,
                     context.clock,
                     context.uid,
                     COLDPRESS_VERSION,
                     options.inputs.environment,
                     reload,
                     {}};
  PatientLines lines(context.clock);
  if (options.json) {
    setup.pass_line = [&lines](std::string_view line) { lines.take(line); };
  }
  StoreWait pause(context.clock);
  Result<Settings> settings = loaded->settings;
  while (true) {
    Service service(setup);
    const auto started = settings ? service.start(*settings) : Result<void>();
    if (!settings || !started) {
      const Error& error = settings ? started.error() : settings.error();
      if (!settings || !is_worth_waiting(context, error)) {
        return report(context, error);
      }
      pause.wait(error);
      settings = reload(); // a person may have put it right there
      continue;
    }
    service.run();
    return static_cast<int>(Exit::ok);
  }
}

} // namespace coldpress
