#include "worker/run/estimate.hpp"

#include "worker/rollout/codec.hpp"

#include <algorithm>
#include <cmath>

namespace coldpress {

namespace {

constexpr std::uint64_t k_piece = std::uint64_t{256} << 10U;
constexpr std::uint64_t k_pieces = 4;
constexpr std::uint64_t k_budget = std::uint64_t{64} << 20U;
constexpr std::size_t k_most_files = 1000;
constexpr int k_level = 3; // a sample says little more at a higher one

// Pieces spread evenly over the file; all of a small one.
Result<std::vector<std::byte>> sample(Fs& fs, const Candidate& candidate) {
  TRY_ASSIGN(const FileHandle handle, fs.open_read(candidate.path));
  const File file(fs, handle);
  const std::uint64_t size = candidate.stamp.size;
  const std::uint64_t pieces = std::min(k_pieces, (size + k_piece - 1) / k_piece);
  std::vector<std::byte> bytes;
  for (std::uint64_t i = 0; i < pieces; ++i) {
    const std::uint64_t begin = bytes.size();
    const std::uint64_t offset =
        size <= k_piece * k_pieces ? i * k_piece : i * ((size - k_piece) / (pieces - 1));
    bytes.resize(begin + k_piece);
    TRY_ASSIGN(const std::size_t got,
               fs.read_at(handle, std::span<std::byte>(bytes).subspan(begin), offset));
    bytes.resize(begin + got);
    (void)fs.drop_cache(handle, offset, got);
  }
  return bytes;
}

// Compressed bytes for each plain one.
Result<double> shrinkage(const std::vector<std::byte>& bytes) {
  TRY_ASSIGN(FrameEncoder encoder,
             FrameEncoder::create(choose_frame_options(bytes.size(), k_level, {}),
                                  bytes.size()));
  std::uint64_t out = 0;
  const Sink sink = [&](std::span<const std::byte> data) -> Result<void> {
    out += data.size();
    return {};
  };
  TRY(encoder.push(bytes, sink));
  TRY(encoder.finish(sink));
  return static_cast<double>(out) / static_cast<double>(bytes.size());
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
    if (decision.action != Action::press) {
      continue;
    }
    const std::uint64_t size = decision.candidate.stamp.size;
    result.total_before += size;
    if (read >= k_budget || result.bytes_after.size() >= k_most_files) {
      continue;
    }
    const auto bytes = sample(fs, decision.candidate);
    const auto factor =
        bytes && !bytes->empty() ? shrinkage(*bytes) : Result<double>(1.0);
    if (!factor) {
      continue;
    }
    read += bytes ? bytes->size() : 0;
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
