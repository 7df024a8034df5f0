#pragma once

#include "worker/stage/types.hpp"

#include <stop_token>

namespace coldpress {

// Decodes a claimed weak frame once, for its length and its hash: encode() has to know
// the one, and compares with the other, so that a read that went wrong once is not
// compressed into a frame with a good checksum. A plain claim comes back as it is.
//
// Stops with a failure if the frame is damaged (Errc::corrupt) or none that readers
// take; `canceled`.
Step<Claim> measure(Fs& fs, Claim claim, std::stop_token stop);

} // namespace coldpress
