#include "fsutil/clock.hpp"

#include <ctime>
#include <thread>

namespace coldpress {

WallTime SystemClock::wall() const {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(
      std::chrono::system_clock::now());
}

WallTime SystemClock::file_time() const {
#ifdef CLOCK_REALTIME_COARSE
  timespec now{}; // as current_time() of the kernel
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return to_wall(now.tv_sec, now.tv_nsec);
#else
  return wall();
#endif
}

BootTime SystemClock::boot() const {
#ifdef CLOCK_BOOTTIME
  constexpr clockid_t k_clock = CLOCK_BOOTTIME;
#else
  constexpr clockid_t k_clock = CLOCK_MONOTONIC; // macOS: counts through sleep
#endif
  timespec now{};
  clock_gettime(k_clock, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

void SystemClock::sleep(std::chrono::nanoseconds how_long) const {
  std::this_thread::sleep_for(how_long);
}

std::string local_stamp(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[sizeof "2026-01-02T03-04-05 and more"];
  const std::size_t length =
      std::strftime(text, sizeof text, "%Y-%m-%dT%H-%M-%S", &parts);
  return {text, length};
}

} // namespace coldpress
