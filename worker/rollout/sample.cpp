#include "worker/rollout/sample.hpp"

#include "fsutil/page_cache.hpp"
#include "worker/rollout/codec.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::uint64_t k_cache_counts = std::uint64_t{1} << 20U; // as is_in_use()

} // namespace

Result<std::vector<std::byte>> sample_file(Fs& fs,
                                           FileHandle file,
                                           std::uint64_t size,
                                           std::uint64_t piece,
                                           std::uint64_t pieces) {
  const std::uint64_t count = std::min(pieces, (size + piece - 1) / piece);
  const std::uint64_t part = size / std::max<std::uint64_t>(count, 1);
  const bool in_use = is_in_use(fs, file, size);
  std::vector<std::byte> bytes;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t begin = bytes.size();
    const std::uint64_t offset =
        size <= piece * pieces ? i * piece : i * part + (part - piece) / 2;
    bytes.resize(begin + piece);
    TRY_ASSIGN(const std::size_t got,
               fs.read_at(file, std::span<std::byte>(bytes).subspan(begin), offset));
    bytes.resize(begin + got);
  }
  // All of it: the kernel reads ahead. A small file's few pages are wanted again soon.
  if (size >= k_cache_counts && !in_use) {
    (void)fs.drop_cache(file, 0, 0);
  }
  return bytes;
}

Result<double>
shrinkage(std::span<const std::byte> bytes, int level, CodecContexts* contexts) {
  TRY_ASSIGN(FrameEncoder encoder,
             FrameEncoder::create(
                 choose_frame_options(bytes.size(), level, {}), bytes.size(), contexts));
  std::uint64_t out = 0;
  const Sink sink = [&](std::span<const std::byte> data) -> Result<void> {
    out += data.size();
    return {};
  };
  TRY(encoder.push(bytes, sink));
  TRY(encoder.finish(sink));
  return static_cast<double>(out) / static_cast<double>(bytes.size());
}

} // namespace coldpress
