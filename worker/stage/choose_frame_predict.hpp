#pragma once

#include "fsutil/fs.hpp"
#include "worker/rollout/codec.hpp"
#include "worker/rollout/repeats.hpp"

#include <optional>
#include <stop_token>

namespace coldpress {

// What compressing an open plain file of `size` bytes in this way leaves of each byte, as
// predict_size() has it. `probed`: the copies in its last 128 MiB, if they are known.
Result<double> predict_kept(Fs& fs,
                            FileHandle file,
                            std::uint64_t size,
                            const FrameOptions& frame,
                            const std::optional<Repeats>& probed,
                            const std::stop_token& stop,
                            CodecContexts* contexts);

} // namespace coldpress
