#include "worker/stage/step.hpp"

namespace coldpress {

Stop Stop::skip(Reason reason, std::string detail) {
  Stop stop;
  stop.reason = reason;
  stop.detail = std::move(detail);
  return stop;
}

Stop Stop::from(Error error) {
  Stop stop;
  stop.reason = reason_for(error);
  switch (error.code) {
  case Errc::not_found:
  case Errc::exists:
  case Errc::changed:
  case Errc::busy:
  case Errc::lost_lock:
  case Errc::canceled:
    break;
  default:
    if (stop.reason != Reason::symlink && stop.reason != Reason::time_out_of_range) {
      stop.kind = OutcomeKind::failed;
    }
    break;
  }
  stop.error = std::move(error);
  return stop;
}

} // namespace coldpress
