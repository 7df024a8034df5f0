#include "worker/inspect/frame_census.hpp"

#include <array>

namespace coldpress {

namespace {

constexpr std::chrono::seconds k_looking_time{10};

} // namespace

std::optional<FrameInfo> first_frame(Fs& fs, const std::string& path) {
  const auto handle = fs.open_read(path);
  if (!handle) {
    return std::nullopt;
  }
  const File file(fs, *handle);
  std::array<std::byte, k_frame_header_max> header{};
  const auto got = fs.read_at(*handle, header, 0);
  const auto frame = got ? inspect_frame(std::span<const std::byte>(header).first(*got))
                         : Result<FrameInfo>(Fail(got.error()));
  return frame ? std::optional(*frame) : std::nullopt;
}

FrameCensus count_frames(Fs& fs,
                         const Clock& clock,
                         const std::vector<CompressedRollout>& frames,
                         const OwnFrames& own) {
  const BootTime begun = clock.boot();
  FrameCensus census;
  for (const CompressedRollout& each : frames) {
    const auto known = own.find(each.rollout);
    if (known != own.end() && known->second == each.stamp.size) {
      census.looked_into += 1;
      continue;
    }
    const auto frame = clock.boot() - begun < k_looking_time ? first_frame(fs, each.path)
                                                             : std::optional<FrameInfo>();
    if (!frame) {
      census.not_looked_into += 1;
      continue;
    }
    census.looked_into += 1;
    if (frame->checksum) {
      continue;
    }
    const bool ours = known != own.end();
    if (census.example.empty() || (ours && census.were_ours == 0)) {
      census.example = each.rollout;
    }
    census.without_checksum += 1;
    census.were_ours += ours ? 1 : 0;
  }
  return census;
}

} // namespace coldpress
