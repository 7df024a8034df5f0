#pragma once

#include "locking/guards.hpp"
#include "worker/stage/step.hpp"
#include "worker/stage/tokens.hpp"

namespace coldpress {

// Compressing a weak .zst again: claim() it, measure(), encode(), verify(), recompress().
// Worth it is every frame that does not grow: one without a checksum lets a flipped bit
// through unseen, so the checksum is gain enough.

struct Recompressed {
  std::uint64_t blocked_us = 0;
};

// Exchanges the old .zst for the verified one, in one step: at every moment that name is
// one whole frame or the other, and who has the old one open reads on. On success the new
// one is durable under its name and the old one is gone.
//
// Stops with: maintenance, live_writer, both_forms (a plain form came), in_both_trees,
// changed, vanished, no_exchange. The .zst is then as it was; or it was replaced by
// somebody in that very moment, and is theirs again.
Step<Recompressed> recompress(Guards& guards, Verified verified);

} // namespace coldpress
