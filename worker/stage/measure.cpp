#include "worker/stage/measure.hpp"

#include "fsutil/page_cache.hpp"
#include "fsutil/text.hpp"
#include "worker/rollout/reader.hpp"

namespace coldpress {

class ClaimMeasurer {
public:
  static Claim with(Claim claim, std::uint64_t size, const Hash128& hash) {
    claim.source_size_ = size;
    claim.measured_ = hash;
    return claim;
  }
};

namespace {

constexpr std::size_t k_piece = std::size_t{1} << 20U;

struct Measured {
  Hash128 hash;
  std::uint64_t size = 0;
  std::uint64_t beside = 0; // bytes in skippable frames
};

// Dropping it behind itself, so that encode() reads it from the disk again; unless most
// of it was in the page cache before: somebody is at it.
Result<Measured> decode_all(Fs& fs, const Claim& claim, const std::stop_token& stop) {
  const bool in_use = is_in_use(fs, claim.file(), claim.stamp().size);
  TRY_ASSIGN(RolloutReader reader,
             RolloutReader::over(
                 fs,
                 claim.file(),
                 claim.candidate().path,
                 claim.candidate().form,
                 {in_use ? PageCache::keep : PageCache::drop_behind, Frames::any}));
  Hasher hasher;
  std::uint64_t size = 0;
  std::vector<std::byte> buffer(k_piece);
  for (;;) {
    if (stop.stop_requested()) {
      return Fail(Error{Errc::canceled, 0, "measure", {}, {}});
    }
    TRY_ASSIGN(const std::size_t got, reader.read(buffer));
    hasher.update(std::span<const std::byte>(buffer.data(), got));
    size += got;
    if (got < buffer.size()) {
      return Measured{hasher.digest(), size, reader.skipped_bytes()};
    }
  }
}

} // namespace

Step<Claim> measure(Fs& fs, Claim claim, std::stop_token stop) {
  if (claim.candidate().form == Form::plain) {
    return Step<Claim>(std::move(claim));
  }
  auto measured = decode_all(fs, claim, stop);
  if (!measured) {
    return Halt(Stop::from(std::move(measured.error()).at(claim.candidate().path)));
  }
  if (measured->beside > 0) {
    return Halt(
        Stop::skip(Reason::extra_data,
                   fmt::format("its skippable frames hold {} bytes", measured->beside)));
  }
  return ClaimMeasurer::with(std::move(claim), measured->size, measured->hash);
}

} // namespace coldpress
