#pragma once

#include "worker/loop/throttle.hpp"
#include "worker/pass/session.hpp"
#include "worker/rollout/codec.hpp"
#include "worker/stage/candidate.hpp"
#include "worker/stage/outcome.hpp"
#include "worker/stage/recompress.hpp"
#include "worker/stage/step.hpp"
#include "worker/stage/tokens.hpp"

#include <atomic>

namespace coldpress {

// What one rollout's way through the stages needs beyond its candidate.
struct CompressContext {
  Session& session;
  std::atomic<std::uint64_t>& bytes_done; // plain bytes encoded, over all jobs
  Throttle& throttle;
  CodecContexts& contexts; // of the jobs
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

// What the ledger and the user learn of it.
Outcome outcome_of(const Candidate& candidate, const Stop& stop);
// What only the frame knows; filled into the Outcome once it is published.
Outcome outcome_of(const EncodedRollout& encoded);

} // namespace coldpress
