#pragma once

#include "worker/run/pass_types.hpp"

#include <string>

namespace coldpress {

// One line on a terminal's stderr, drawn over itself: how far, how fast, how long to go,
// and which rollout. On anything but a terminal it draws nothing.
class ProgressBar {
public:
  // `wanted`: false draws nothing, whatever stderr is.
  ProgressBar(const Clock& clock, bool wanted);
  ~ProgressBar() { clear(); }

  void draw(const PassProgress& progress);
  // Takes the line away, so that something else can be written.
  void clear();

private:
  const Clock& clock_;
  bool shown_;
  bool drawn_ = false;
  BootTime begun_;
};

// The line itself, at most `width` columns.
std::string
progress_line(const PassProgress& progress, double seconds, std::size_t width);

} // namespace coldpress
