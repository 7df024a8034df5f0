#pragma once

#include "worker/pass/pass_types.hpp"

#include <optional>
#include <string>

namespace coldpress {

// How far, how fast, how long to go, and which rollout. On a terminal one line, drawn
// over itself. Elsewhere a line of its own, the first after half a minute, then every
// half minute, and one when a run begins to wait for its last grace periods; every ten
// minutes in the journal, which keeps them all.
class ProgressBar {
public:
  // `wanted`: false shows nothing.
  ProgressBar(const Clock& clock, bool wanted) : clock_(clock), wanted_(wanted) {}
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();

  void show(const Progress& progress);

private:
  void show_line(const Progress& progress, BootTime now, double seconds);

  const Clock& clock_;
  bool wanted_;
  std::optional<BootTime> begun_;
  BootTime said_{};
  bool said_waiting_ = false;
};

// The line on a terminal, at most `width` columns: what matters least is left out first.
std::string progress_line(const Progress& progress, double seconds, std::size_t width);

// The line elsewhere.
std::string progress_text(const Progress& progress, double seconds);

} // namespace coldpress
