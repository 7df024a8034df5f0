#pragma once

#include "worker/stage/step.hpp"
#include "worker/stage/tokens.hpp"

#include <stop_token>

namespace coldpress {

// Makes the frame durable, takes it out of the page cache, reads it back from the disk
// and compares length and hash with what encode() wrote, which it has decoded and found
// equal to the source; then gives the frame the source's metadata and makes that durable,
// too. Where the kernel does not let go of the pages
// (tmpfs, another reader), the bytes are compared all the same and
// Verified::from_disk() says so.
//
// Stops with `no_gain` if not even one block would be freed, `metadata_not_kept`,
// `canceled`; a frame that reads back differently is a failure (Errc::corrupt) and
// never named.
Step<Verified> verify(Fs& fs, Encoded encoded, std::stop_token stop);

} // namespace coldpress
