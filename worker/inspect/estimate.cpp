#include "worker/inspect/estimate.hpp"

#include "fsutil/capped.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::uint64_t k_sample = std::uint64_t{1} << 20U;
constexpr std::uint64_t k_probe = std::uint64_t{1} << 27U;
constexpr std::uint64_t k_sample_budget = std::uint64_t{64} << 20U;
constexpr std::uint64_t k_probe_budget = std::uint64_t{1} << 30U;
constexpr std::size_t k_most_files = 1000;

Result<Forecast>
forecast(Fs& fs, const FrameRules& rules, WallTime now, const Candidate& candidate) {
  TRY_ASSIGN(const FileHandle handle, fs.open_read(candidate.path));
  const File file(fs, handle);
  const FileStamp& stamp = candidate.stamp;
  const FrameSource source{handle, stamp.size, stamp.size, candidate.form, stamp.mtime};
  Forecast made;
  TRY_ASSIGN(made.choice, choose_frame(fs, source, rules, now, {}));
  TRY_ASSIGN(made.bytes_after, predict_size(fs, source, made.choice));
  return made;
}

} // namespace

Estimate estimate(Fs& fs,
                  const FrameRules& rules,
                  WallTime now,
                  const std::vector<Decision>& decisions) {
  Estimate result;
  std::uint64_t sampled = 0;
  std::uint64_t probed = 0;
  std::uint64_t covered = 0; // plain bytes of those that have a forecast
  for (const Decision& decision : decisions) {
    if (decision.reason != Reason::cold) {
      continue;
    }
    const std::uint64_t size = decision.candidate.stamp.size;
    add_capped(result.total_before, size);
    const bool large = size > k_probe_from && !rules.codec.window_log;
    const bool affordable = sampled < k_sample_budget &&
                            (!large || probed < k_probe_budget) &&
                            result.by_rollout.size() < k_most_files;
    if (!affordable) {
      continue;
    }
    sampled += std::min(size, k_sample);
    probed += large ? std::min(size, k_probe) : 0;
    if (auto made = forecast(fs, rules, now, decision.candidate)) {
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
