#pragma once

#include "worker/pass/pass_types.hpp"

#include <optional>

namespace coldpress {

// Lines of --json about how far it is: one a second at most, always the last, and one
// more when only grace periods are waited for.
class JsonProgress {
public:
  explicit JsonProgress(const Clock& clock) : clock_(clock) {}
  void show(const Progress& progress);

private:
  const Clock& clock_;
  std::optional<BootTime> shown_;
  bool ended_ = false;
  bool waiting_ = false; // said
};

} // namespace coldpress
