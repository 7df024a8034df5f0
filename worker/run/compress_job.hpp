#pragma once

#include "worker/run/session.hpp"
#include "worker/run/throttle.hpp"
#include "worker/stage/choose_frame.hpp"
#include "worker/stage/recompress.hpp"
#include "worker/stage/types.hpp"

#include <atomic>

namespace coldpress {

// What one rollout's way through the stages needs beyond its candidate.
struct CompressContext {
  Session& session;
  std::atomic<std::uint64_t>& bytes_done; // plain bytes encoded, over all jobs
  Throttle& throttle;
};

// The three stretches of a compress, each on its own kind of thread.

// Publisher thread: takes Codex's locks for a moment to look.
Step<Claim> claim_rollout(CompressContext& context, const Candidate& candidate);
struct EncodedRollout {
  Verified verified;
  std::string why;                   // it was encoded that way
  std::uint64_t predicted_bytes = 0; // 0: not predicted
};

// Job thread: measure if that is needed, choose, encode and verify, as long as it takes.
// Waits where the throttle says so; stops with `no_time` if it waited until the time
// budget was over.
Step<EncodedRollout> encode_rollout(CompressContext& context, Claim claim);
// Publisher thread.
Step<Published> publish_rollout(CompressContext& context, Verified verified);
// The same of a weak frame.
Step<Recompressed> recompress_rollout(CompressContext& context, Verified verified);

FrameRules frame_rules(const Settings& settings);

// Plain bytes, for all that is known.
std::uint64_t work_bytes(const Candidate& candidate);
// Bytes of memory a compress takes at most.
std::uint64_t compress_memory_bytes(const Settings& settings, const Candidate& candidate);

// What the ledger and the user learn of it.
Outcome outcome_of(const Candidate& candidate, const Stop& stop);
// What only the frame knows; filled into the Outcome once it is published.
Outcome outcome_of(const EncodedRollout& encoded);

} // namespace coldpress
