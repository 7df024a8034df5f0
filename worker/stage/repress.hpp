#pragma once

#include "locking/guards.hpp"
#include "worker/stage/types.hpp"

#include <stop_token>

namespace coldpress {

// Pressing a weak .zst again: claim() it, measure(), encode(), verify(), repress(). Worth
// it is every frame that does not grow: one without a checksum lets a flipped bit through
// unseen, so the checksum is gain enough.

// Decodes the claimed frame once, for its length and its hash: the encoder has to know
// the one, and compares with the other, so that a read that went wrong once is
// not pressed into a frame with a good checksum. A plain claim comes back as it is.
//
// Stops with a failure if the frame is damaged (Errc::corrupt) or none that readers
// take; `canceled`.
Step<Claim> measure(Fs& fs, Claim claim, std::stop_token stop);

struct Repressed {
  std::uint64_t blocked_us = 0;
};

// Exchanges the old .zst for the verified one, in one step: at every moment that name is
// one whole frame or the other, and who has the old one open reads on. On success the new
// one is durable under its name and the old one is gone.
//
// Stops with: maintenance, live_writer, both_forms (a plain form came), changed,
// vanished, no_exchange. The .zst is then as it was; or it was replaced by somebody in
// that very moment, and is theirs again.
Step<Repressed> repress(Guards& guards, Verified verified);

} // namespace coldpress
