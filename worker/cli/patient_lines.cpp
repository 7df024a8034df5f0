#include "worker/cli/patient_lines.hpp"

#include "fsutil/log.hpp"
#include "fsutil/output_ready.hpp"
#include "worker/cli/say.hpp"

#include <algorithm>

namespace coldpress {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds k_patience{1000};
constexpr std::chrono::seconds k_period{10};

} // namespace

void PatientLines::take(std::string_view line) {
  if (!is_read()) {
    if (dropped_ == 0) {
      log_warn("standard output is blocked: lines of passes are dropped until it is read "
               "again");
    }
    dropped_ += 1;
    return;
  }
  if (dropped_ > 0) {
    log_warn("standard output is read again; {} lines were dropped",
             format_count(dropped_));
    dropped_ = 0;
  }
  out("{}\n", line);
}

bool PatientLines::is_read() {
  const BootTime now = clock_.boot();
  if (now - begun_ >= k_period) {
    begun_ = now;
    waited_ = {};
  }
  const bool ready = output_ready(std::max(k_patience - waited_, milliseconds{0}));
  waited_ += std::chrono::duration_cast<milliseconds>(clock_.boot() - now);
  return ready;
}

} // namespace coldpress
