#include "worker/run/press_job.hpp"

#include "worker/stage/claim.hpp"
#include "worker/stage/encode.hpp"
#include "worker/stage/publish.hpp"
#include "worker/stage/verify.hpp"

#include <algorithm>

namespace coldpress {

Step<Claim> claim_rollout(PressContext& context, const Candidate& candidate) {
  Session& session = context.session;
  const Settings::Scan& scan = session.settings().scan;
  Guards guards = session.guards();
  return claim(
      guards,
      candidate,
      {scan.cold_after, scan.settle, session.store().uid, scan.active_without_lease});
}

Step<Verified> encode_rollout(PressContext& context, Claim claim) {
  Session& session = context.session;
  const Settings& settings = session.settings();
  const EncodeRules rules{choose_frame_options(claim.stamp().size,
                                               settings.codec.level,
                                               settings.codec.window_log),
                          settings.limits.min_free_bytes,
                          &context.bytes_done,
                          [&](std::uint64_t bytes) {
                            return context.throttle.pace(bytes, session.stop_token());
                          }};
  auto encoded = encode(session.fs(), std::move(claim), rules, session.stop_token());
  if (!encoded) {
    Stop stop = std::move(encoded.error());
    if (stop.reason == Reason::canceled && !session.stop_token().stop_requested()) {
      stop.reason = Reason::no_time; // nobody stopped it but the throttle
    }
    return Halt(std::move(stop));
  }
  return verify(session.fs(), std::move(*encoded), session.stop_token());
}

Step<Published> publish_rollout(PressContext& context, Verified verified) {
  Guards guards = context.session.guards();
  return publish(guards,
                 std::move(verified),
                 {context.session.settings().scan.active_without_lease});
}

std::uint64_t press_memory_bytes(const Settings& settings, std::uint64_t size) {
  const FrameOptions frame =
      choose_frame_options(size, settings.codec.level, settings.codec.window_log);
  const std::uint64_t decoder = std::uint64_t{1}
                                << static_cast<unsigned>(frame.window_log);
  constexpr std::uint64_t k_buffers = std::uint64_t{4} << 20U;
  return std::max(encoder_memory_bytes(frame, size), decoder) + k_buffers;
}

Outcome outcome_of(const Candidate& candidate, const Stop& stop) {
  Outcome outcome;
  outcome.rollout = candidate.rollout;
  outcome.kind = stop.kind;
  outcome.reason = stop.reason;
  outcome.error = stop.error;
  outcome.detail = stop.detail;
  outcome.stamp = candidate.stamp;
  outcome.bytes_before = candidate.stamp.size;
  outcome.blocked_us = stop.blocked_us;
  return outcome;
}

Outcome outcome_of(const Verified& verified) {
  Outcome outcome;
  outcome.rollout = verified.claim().candidate().rollout;
  outcome.kind = OutcomeKind::pressed;
  outcome.stamp = verified.claim().stamp();
  outcome.bytes_before = verified.claim().stamp().size;
  outcome.bytes_after = verified.encoded().compressed_size();
  outcome.hash = verified.encoded().source_hash();
  outcome.level = verified.encoded().level();
  outcome.window_log = verified.encoded().window_log();
  outcome.verified_from_disk = verified.from_disk();
  return outcome;
}

} // namespace coldpress
