#include "fsutil/text.hpp"
#include "worker/serve/managed_store.hpp"

#include <algorithm>
#include <csignal>

namespace coldpress {

namespace {

constexpr int k_some_failed = 3;
constexpr int k_needs_a_person = 4;
constexpr int k_busy = 75;
constexpr int k_signal = 128;

std::string rounded(std::chrono::nanoseconds length) {
  using namespace std::chrono;
  if (length >= hours{48}) {
    return fmt::format("{}h", round<hours>(length).count());
  }
  if (length >= minutes{90}) {
    const auto whole = round<minutes>(length);
    return fmt::format("{}h{:02}m", whole / hours{1}, (whole % hours{1}).count());
  }
  const auto whole = ceil<seconds>(length);
  return whole >= minutes{2}
             ? fmt::format("{}m", round<minutes>(whole).count())
             : fmt::format("{}s", std::max<std::int64_t>(whole.count(), 0));
}

// Of a pass that has told of nothing.
std::string words_of_exit(int exit_code) {
  switch (exit_code) {
  case 0:
    return "nothing to do";
  case k_signal + SIGINT:
  case k_signal + SIGTERM:
  case k_signal + SIGHUP:
    return "interrupted";
  case k_signal + SIGKILL:
    return "killed, by another process or because memory was short";
  default:
    return exit_code > k_signal ? fmt::format("killed by signal {}", exit_code - k_signal)
                                : "failed; its messages are above";
  }
}

} // namespace

ServiceStore ManagedStore::state() const {
  ServiceStore state;
  state.path = store_.home;
  state.last_run = last_run_;
  state.paused = pause_.on;
  state.paused_until = pause_.until;
  state.pressure = {schedule_.compressed_for_space(),
                    free_bytes_.value_or(0),
                    settings_.pressure.min_free_bytes.value_or(0)};
  if (schedule_.running()) {
    state.state = ServiceState::running;
    state.progress = report_.progress();
  } else if (pause_.on) {
    state.state = ServiceState::paused;
  }
  if (const auto due = schedule_.due()) {
    state.next_due = clock_->wall() + (due->at - clock_->boot());
    state.reason = phrase_of(due->cause);
  } else if (!schedule_.rules().enabled) {
    state.reason = "the feature local_thread_store_compression is off";
  }
  return state;
}

std::string ManagedStore::next_text() const {
  if (!schedule_.rules().enabled) {
    return "the feature local_thread_store_compression is off: nothing is compressed; "
           "turn "
           "it on in the configuration and reload";
  }
  if (pause_.on) {
    return pause_.until
               ? "paused until " + format_time(*pause_.until)
               : "paused until " + printable(pause_path(store_.own_dir)) + " is gone";
  }
  const auto due = schedule_.due();
  if (!due) {
    return "a pass is running";
  }
  const auto wait = std::max(due->at - clock_->boot(), BootTime{0});
  return fmt::format("next pass in {}, at {}: {}",
                     rounded(wait),
                     format_time(clock_->wall() + wait),
                     phrase_of(due->cause));
}

std::string ManagedStore::result_text(int exit_code) const {
  const PassResult result = report_.result().value_or(PassResult{});
  std::string what;
  const auto add = [&what](const std::string& part) {
    what += (what.empty() ? "" : ", ") + part;
  };
  if (result.compressed > 0) {
    add(fmt::format("{} compressed, {} -> {}",
                    format_count(result.compressed),
                    format_size(result.bytes_before),
                    format_size(result.bytes_after)));
  }
  if (result.reaped > 0) {
    add(fmt::format("{} plain files freed", format_count(result.reaped)));
  }
  if (result.not_freed_bytes > 0) {
    add(fmt::format("{} not freed yet (grace period)",
                    format_size(result.not_freed_bytes)));
  }
  if (result.failed > 0) {
    add(fmt::format("{} failed", format_count(result.failed)));
  }
  if (!result.refused.empty()) {
    add("refused: " + result.refused);
  }
  if (!result.deferred.empty()) {
    add("deferred: " + result.deferred);
  }
  if (!report_.error().empty()) {
    add(printable(report_.error()));
  }
  if (exit_code == k_needs_a_person) {
    add("a rollout needs attention: see coldpress status");
  }
  const auto length = std::chrono::ceil<std::chrono::nanoseconds>(
      std::chrono::duration<double>(result.seconds));
  return fmt::format("pass{}, exit {}: {}",
                     report_.result() ? " of " + rounded(length) : "",
                     exit_code,
                     what.empty() ? words_of_exit(exit_code) : what);
}

Severity ManagedStore::severity_of(int exit_code) {
  switch (exit_code) {
  case 0:
  case k_busy:
  case k_signal + SIGINT:
  case k_signal + SIGTERM:
    return Severity::info;
  case k_some_failed:
    return Severity::warning;
  default:
    return Severity::error;
  }
}

std::string ManagedStore::trouble_text() const {
  if (!last_run_ || severity_of(last_run_->exit_code) == Severity::info) {
    return {};
  }
  const int code = last_run_->exit_code;
  return fmt::format(
      "last pass, {}: exit {}, {}",
      format_time(last_run_->finished),
      code,
      code == k_needs_a_person ? "a rollout needs attention: see coldpress status"
      : code == k_some_failed  ? "some rollouts failed: see coldpress status"
      : code > k_signal        ? words_of_exit(code)
                               : "failed: see the log");
}

} // namespace coldpress
