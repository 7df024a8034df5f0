#include "worker/pass/compress_job.hpp"

#include "worker/preview/job_size.hpp"
#include "worker/stage/choose_frame.hpp"
#include "worker/stage/claim.hpp"
#include "worker/stage/encode.hpp"
#include "worker/stage/measure.hpp"
#include "worker/stage/publish.hpp"
#include "worker/stage/verify.hpp"

#include <algorithm>

namespace coldpress {

Step<Claim> claim_rollout(CompressContext& context, const Candidate& candidate) {
  Session& session = context.session;
  const Settings::Scan& scan = session.settings().scan;
  Guards guards = session.guards();
  return claim(guards,
               candidate,
               {scan.cold_after,
                scan.settle,
                session.store().uid,
                scan.active_without_lease,
                session.store().home});
}

Step<EncodedRollout> encode_rollout(CompressContext& context, Claim claim) {
  Session& session = context.session;
  const Settings& settings = session.settings();
  TRY_ASSIGN(Claim measured,
             measure(session.fs(), std::move(claim), session.stop_token()));
  const FrameSource source = frame_source(measured);
  TRY_ASSIGN(FrameChoice choice,
             naming(measured.candidate().path,
                    choose_frame(session.fs(),
                                 source,
                                 frame_rules(settings),
                                 session.clock().wall(),
                                 session.stop_token())));
  // One that cannot be made is no reason not to compress.
  const auto predicted =
      source.form == Form::plain
          ? predict_size(
                session.fs(), source, choice, session.stop_token(), &context.contexts)
          : Result<std::uint64_t>(std::uint64_t{0});
  choice.copies.reset();
  const EncodeRules rules{choice.frame,
                          settings.limits.min_free_bytes,
                          &context.bytes_done,
                          [&](std::uint64_t bytes) {
                            return context.throttle.pace(bytes, session.stop_token());
                          },
                          &context.contexts};
  auto encoded = encode(session.fs(), std::move(measured), rules, session.stop_token());
  if (!encoded) {
    Stop stop = std::move(encoded.error());
    if (stop.reason == Reason::canceled && !session.stop_token().stop_requested()) {
      stop.reason = Reason::no_time; // nobody stopped it but the throttle
    }
    return stop;
  }
  TRY_ASSIGN(Verified verified,
             verify(session.fs(), std::move(*encoded), session.stop_token()));
  return EncodedRollout{
      std::move(verified), std::move(choice.why), predicted.value_or(0)};
}

Step<Published> publish_rollout(CompressContext& context, Verified verified) {
  Guards guards = context.session.guards();
  return publish(guards,
                 std::move(verified),
                 {context.session.settings().scan.active_without_lease});
}

Step<Recompressed> recompress_rollout(CompressContext& context, Verified verified) {
  Guards guards = context.session.guards();
  return recompress(guards, std::move(verified));
}

Outcome outcome_of(const Candidate& candidate, const Stop& stop) {
  Outcome outcome = Outcome::stopped(candidate.rollout, stop);
  outcome.stamp = candidate.stamp;
  outcome.bytes_before = candidate.stamp.size;
  return outcome;
}

Outcome outcome_of(const EncodedRollout& encoded) {
  const Verified& verified = encoded.verified;
  const bool weak = verified.claim().candidate().form == Form::compressed;
  Outcome outcome =
      Outcome::of(verified.claim().candidate().rollout,
                  weak ? OutcomeKind::recompressed : OutcomeKind::compressed,
                  encoded.why);
  outcome.plain_bytes = verified.claim().source_size();
  outcome.stamp = verified.claim().stamp();
  outcome.bytes_before = verified.claim().stamp().size;
  outcome.bytes_after = verified.encoded().frame().frame_size();
  outcome.hash = verified.encoded().source().hash();
  outcome.level = verified.encoded().level();
  outcome.window_log = verified.encoded().window_log();
  outcome.predicted_bytes = encoded.predicted_bytes;
  outcome.verified_from_disk = verified.from_disk();
  return outcome;
}

} // namespace coldpress
