#include "worker/run/estimate.hpp"

#include "worker/rollout/sample.hpp"

#include <algorithm>
#include <cmath>

namespace coldpress {

namespace {

constexpr std::uint64_t k_piece = std::uint64_t{256} << 10U;
constexpr std::uint64_t k_pieces = 4;
constexpr std::uint64_t k_budget = std::uint64_t{64} << 20U;
constexpr std::size_t k_most_files = 1000;
constexpr int k_level = 3; // a sample says little more at a higher one

// Empty: it cannot be read.
std::vector<std::byte> sample(Fs& fs, const Candidate& candidate) {
  const auto handle = fs.open_read(candidate.path);
  if (!handle) {
    return {};
  }
  const File file(fs, *handle);
  return sample_file(fs, *handle, candidate.stamp.size, k_piece, k_pieces)
      .value_or(std::vector<std::byte>());
}

std::uint64_t scaled(std::uint64_t bytes, double factor) {
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(bytes) * factor));
}

} // namespace

Estimate estimate(Fs& fs, const std::vector<Decision>& decisions) {
  Estimate result;
  std::uint64_t read = 0;
  std::uint64_t sampled_before = 0;
  for (const Decision& decision : decisions) {
    if (decision.reason != Reason::cold) {
      continue;
    }
    const std::uint64_t size = decision.candidate.stamp.size;
    result.total_before += size;
    if (read >= k_budget || result.bytes_after.size() >= k_most_files) {
      continue;
    }
    const auto bytes = sample(fs, decision.candidate);
    const auto factor = bytes.empty() ? Result<double>(1.0) : shrinkage(bytes, k_level);
    if (!factor) {
      continue;
    }
    read += bytes.size();
    sampled_before += size;
    const std::uint64_t after = scaled(size, *factor);
    result.total_after += after;
    result.bytes_after.emplace(decision.candidate.rollout, after);
  }
  if (sampled_before > 0) {
    result.total_after = scaled(result.total_before,
                                static_cast<double>(result.total_after) /
                                    static_cast<double>(sampled_before));
  }
  return result;
}

} // namespace coldpress
