#include "worker/serve/notify.hpp"

#include "fsutil/text.hpp"

#ifdef COLDPRESS_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include <uv.h>

namespace coldpress {

namespace {

void tell(const std::string& state) {
#ifdef COLDPRESS_SYSTEMD
  (void)sd_notify(0, state.c_str()); // a manager that does not listen is its own affair
#else
  (void)state;
#endif
}

} // namespace

void Notify::ready(const std::string& status) const {
  tell("READY=1\nSTATUS=" + status);
}

void Notify::status(const std::string& line) const {
  tell("STATUS=" + line);
}

void Notify::reloading() const {
  // CLOCK_MONOTONIC, as the protocol wants it: libuv's clock is that one.
  constexpr std::uint64_t k_nanoseconds = 1000;
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", uv_hrtime() / k_nanoseconds));
}

void Notify::stopping() const {
  tell("STOPPING=1");
}

void Notify::alive() const {
  tell("WATCHDOG=1");
}

std::optional<std::chrono::microseconds> Notify::watchdog_interval() {
#ifdef COLDPRESS_SYSTEMD
  std::uint64_t length = 0;
  if (sd_watchdog_enabled(0, &length) > 0) {
    return std::chrono::microseconds{length};
  }
#endif
  return std::nullopt;
}

} // namespace coldpress
