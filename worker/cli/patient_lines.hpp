#pragma once

#include "fsutil/clock.hpp"

#include <cstdint>
#include <string_view>

namespace coldpress {

// Lines for a standard output whose reader may be slow, or stopped, while the work goes
// on: he is waited for one second in ten, and lines beyond that are dropped, with a word
// in the log.
class PatientLines {
public:
  explicit PatientLines(const Clock& clock) : clock_(clock) {}

  void take(std::string_view line);

private:
  bool is_read();

  const Clock& clock_;
  BootTime begun_{};                   // of these ten seconds
  std::chrono::milliseconds waited_{}; // in them
  std::uint64_t dropped_ = 0;          // since the last line that was written
};

} // namespace coldpress
