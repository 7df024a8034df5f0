#include "worker/cli/json_progress.hpp"

#include "worker/cli/ndjson.hpp"

namespace coldpress {

void JsonProgress::show(const Progress& progress) {
  const BootTime now = clock_.boot();
  const bool last = progress.files_done == progress.files_total;
  if (shown_ && !last && now - *shown_ < std::chrono::seconds{1}) {
    return;
  }
  // Once more when it has nothing to do but to wait.
  const bool waits = progress.waiting_files > 0;
  if (last && ended_ && (waiting_ || !waits)) {
    return;
  }
  waiting_ = waits;
  shown_ = now;
  ended_ = last;
  print_line(json_of(progress));
}

} // namespace coldpress
