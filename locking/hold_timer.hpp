#pragma once

#include "fsutil/clock.hpp"

#include <algorithm>
#include <cstdint>

namespace coldpress {

// Keeps the longest time for which a writer may have had to wait, in microseconds: from
// begin() to the end of this object. Declare it before the section it measures.
class HoldTimer {
public:
  HoldTimer(const Clock& clock, std::uint64_t& longest)
      : clock_(clock), longest_(longest) {}
  HoldTimer(const HoldTimer&) = delete;
  HoldTimer& operator=(const HoldTimer&) = delete;
  ~HoldTimer() {
    if (running_) {
      const auto took =
          std::chrono::duration_cast<std::chrono::microseconds>(clock_.boot() - begun_);
      longest_ = std::max(longest_, static_cast<std::uint64_t>(took.count()));
    }
  }
  void begin() {
    begun_ = clock_.boot();
    running_ = true;
  }

private:
  const Clock& clock_;
  std::uint64_t& longest_;
  BootTime begun_{};
  bool running_ = false;
};

} // namespace coldpress
