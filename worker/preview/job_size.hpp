#pragma once

#include "config/settings.hpp"
#include "worker/stage/candidate.hpp"
#include "worker/stage/choose_frame.hpp"

namespace coldpress {

FrameRules frame_rules(const Settings& settings);

// Plain bytes, for all that is known.
std::uint64_t work_bytes(const Candidate& candidate);
// Bytes of memory compressing it takes at most.
std::uint64_t job_memory_bytes(const Settings& settings, const Candidate& candidate);

} // namespace coldpress
