#include "worker/stage/outcome.hpp"

#include "worker/stage/step.hpp"

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

Outcome Outcome::of(std::string rollout, OutcomeKind kind, std::string detail) {
  Outcome outcome;
  outcome.rollout = std::move(rollout);
  outcome.kind = kind;
  outcome.detail = std::move(detail);
  return outcome;
}

Outcome Outcome::failed(std::string rollout, Error error) {
  Outcome outcome = of(std::move(rollout), OutcomeKind::failed);
  outcome.error = std::move(error);
  return outcome;
}

Outcome Outcome::stopped(std::string rollout, const Stop& stop) {
  Outcome outcome = of(std::move(rollout), stop.kind, stop.detail);
  outcome.reason = stop.reason;
  outcome.error = stop.error;
  outcome.blocked_us = stop.blocked_us;
  return outcome;
}

} // namespace coldpress
