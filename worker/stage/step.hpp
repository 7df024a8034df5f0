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
  // is a failure. A Step takes an Error by this, so that TRY works in a stage.
  static Stop from(Error error);
};

// A stage's value, or why there is none.
template <class T> class [[nodiscard]] Step : public tl::expected<T, Stop> {
  using Base = tl::expected<T, Stop>;

public:
  using Base::Base;
  Step(Base base) : Base(std::move(base)) {}
  Step(Stop stop) : Base(tl::unexpect, std::move(stop)) {}
  Step(Error error) : Base(tl::unexpect, Stop::from(std::move(error))) {}
  Step(tl::unexpected<Error> error) : Step(std::move(error.value())) {}
};

} // namespace coldpress
