#pragma once

#include "worker/stage/outcome.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace coldpress {

// Why a stage does not go on with this rollout.
struct Stop {
  OutcomeKind kind = OutcomeKind::skipped;
  Reason reason = Reason::changed;
  std::optional<Error> error;
  std::string detail;
  std::uint64_t blocked_us = 0;

  static Stop skip(Reason reason, std::string detail = {});
  // An error, sorted by reason_for(): what the world did is a skip, what the machine did
  // is a failure.
  static Stop from(Error error);
};

// A stage's value, or why there is none.
template <class T> class [[nodiscard]] Step : public tl::expected<T, Stop> {
  using Base = tl::expected<T, Stop>;

public:
  using Base::Base;
  Step(Base base) : Base(std::move(base)) {}
  // So that TRY works in a stage: an Error ends it as Stop::from() says.
  Step(tl::unexpected<Error> error)
      : Base(tl::unexpect, Stop::from(std::move(error.value()))) {}
};

using Halt = tl::unexpected<Stop>;

} // namespace coldpress
