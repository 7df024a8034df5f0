#include "worker/stage/outcome.hpp"

namespace coldpress {

std::string_view name_of(OutcomeKind kind) {
  switch (kind) {
  case OutcomeKind::compressed:
    return "compressed";
  case OutcomeKind::recompressed:
    return "recompressed";
  case OutcomeKind::restored:
    return "restored";
  case OutcomeKind::skipped:
    return "skipped";
  case OutcomeKind::failed:
    return "failed";
  case OutcomeKind::writer_arrived:
    return "writer_arrived";
  case OutcomeKind::reaped:
    return "reaped";
  case OutcomeKind::recovered:
    return "recovered";
  case OutcomeKind::conflict:
    return "conflict";
  case OutcomeKind::orphaned:
    return "orphaned";
  case OutcomeKind::removed:
    return "removed";
  }
  return "unknown";
}

} // namespace coldpress
