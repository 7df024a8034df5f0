#include "worker/loop/throttle.hpp"

#include "fsutil/log.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace coldpress {

namespace {

constexpr std::chrono::milliseconds k_saved_up{250};
constexpr std::chrono::milliseconds k_slice{50};

struct Watched {
  const char* name;
  const char* key;
  std::optional<std::uint32_t> limit;
  std::optional<std::uint32_t> value;
};

std::array<Watched, 3> watched(const Settings::Pressure& limits,
                               const MachineLoad& load) {
  return {Watched{"CPU", "cpu", limits.cpu, load.cpu},
          Watched{"I/O", "io", limits.io, load.io},
          Watched{"memory", "memory", limits.memory, load.memory}};
}

} // namespace

ReadRate::ReadRate(const Clock& clock, std::uint64_t bytes_per_second)
    : clock_(clock), rate_(bytes_per_second), paid_(clock.boot() - k_saved_up) {}

BootTime ReadRate::take(std::uint64_t bytes) {
  const BootTime now = clock_.boot();
  if (rate_ == 0) {
    return now;
  }
  const std::chrono::duration<double> cost{static_cast<double>(bytes) /
                                           static_cast<double>(rate_)};
  const std::lock_guard hold(mutex_);
  paid_ = std::max<BootTime>(paid_, now - k_saved_up) +
          std::chrono::duration_cast<BootTime>(cost);
  return paid_;
}

bool BackOff::watches() const {
  return limits_.cpu || limits_.io || limits_.memory ||
         limits_.on_battery == OnBattery::wait;
}

bool BackOff::see(const MachineLoad& load) {
  const bool waited = !reason_.empty();
  std::string reason;
  if (limits_.on_battery == OnBattery::wait && load.on_battery.value_or(false)) {
    reason = "the machine is on battery, and pressure.on_battery is \"wait\"";
  }
  for (const Watched& one : watched(limits_, load)) {
    if (!one.limit || !one.value) {
      continue;
    }
    if (*one.value > *one.limit || (waited && *one.value * 2 >= *one.limit)) {
      reason = fmt::format("{} pressure is {} %, and pressure.{} is {}",
                           one.name,
                           *one.value,
                           one.key,
                           *one.limit);
    }
  }
  reason_ = std::move(reason);
  return !reason_.empty();
}

Throttle::Throttle(const Clock& clock, const Settings& settings)
    : clock_(clock), budget_(settings.limits.time_budget), begun_(clock.boot()),
      rate_(clock, settings.limits.read_rate), back_off_(settings.pressure) {}

std::optional<std::string> Throttle::see(const MachineLoad& load) {
  if (!load.cpu && !load.io && !load.memory && !std::exchange(told_, true)) {
    log_debug("no /proc/pressure here: runs do not wait for a busy machine");
  }
  const bool waited = waits_;
  waits_ = back_off_.see(load);
  if (waits_ == waited) {
    return std::nullopt;
  }
  return waited ? "the machine is idle again: continuing"
                : "waiting: " + back_off_.reason();
}

bool Throttle::time_is_up() const {
  return budget_ && clock_.boot() - begun_ >= *budget_;
}

Result<void> Throttle::pace(std::uint64_t bytes, const std::stop_token& stop) {
  const BootTime paid = rate_.take(bytes);
  while (!stop.stop_requested()) {
    const BootTime now = clock_.boot();
    if (waits_) {
      if (time_is_up()) {
        return Fail(Error{Errc::canceled,
                          0,
                          "wait",
                          {},
                          {"the machine was busy until limits.time_budget was over"}});
      }
      clock_.sleep(k_slice);
    } else if (now < paid) {
      clock_.sleep(std::min<BootTime>(k_slice, paid - now));
    } else {
      break;
    }
  }
  return {};
}

} // namespace coldpress
