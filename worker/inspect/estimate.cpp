#include "worker/inspect/estimate.hpp"

#include "fsutil/capped.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::uint64_t k_budget = std::uint64_t{1} << 30U;
constexpr std::size_t k_most_files = 1000;

Result<Forecast> forecast(Fs& fs,
                          const FrameRules& rules,
                          WallTime now,
                          const Candidate& candidate,
                          CodecContexts& contexts) {
  TRY_ASSIGN(const FileHandle handle, fs.open_read(candidate.path));
  const File file(fs, handle);
  const FileStamp& stamp = candidate.stamp;
  const FrameSource source{handle, stamp.size, stamp.size, candidate.form, stamp.mtime};
  Forecast made;
  TRY_ASSIGN(made.choice, choose_frame(fs, source, rules, now, {}));
  TRY_ASSIGN(made.bytes_after, predict_size(fs, source, made.choice, {}, &contexts));
  made.choice.copies.reset();
  return made;
}

} // namespace

Estimate estimate(Fs& fs,
                  const FrameRules& rules,
                  WallTime now,
                  const std::vector<Decision>& decisions) {
  Estimate result;
  CodecContexts contexts;
  std::uint64_t read = 0;
  std::uint64_t covered = 0; // plain bytes of those that have a forecast
  for (const Decision& decision : decisions) {
    if (decision.reason != Reason::cold) {
      continue;
    }
    const std::uint64_t size = decision.candidate.stamp.size;
    add_capped(result.total_before, size);
    if (read >= k_budget || result.by_rollout.size() >= k_most_files) {
      continue;
    }
    add_capped(read, predicted_from_bytes(size));
    if (auto made = forecast(fs, rules, now, decision.candidate, contexts)) {
      add_capped(covered, size);
      add_capped(result.total_after, made->bytes_after);
      result.by_rollout.emplace(decision.candidate.rollout, std::move(*made));
    }
  }
  const double kept = covered == 0 ? 1.0
                                   : static_cast<double>(result.total_after) /
                                         static_cast<double>(covered);
  result.total_after = capped_bytes(static_cast<double>(result.total_before) * kept);
  return result;
}

} // namespace coldpress
