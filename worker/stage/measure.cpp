#include "worker/stage/measure.hpp"

#include "fsutil/page_cache.hpp"
#include "fsutil/text.hpp"
#include "worker/rollout/reader.hpp"

namespace coldpress {

namespace {

constexpr std::size_t k_piece = std::size_t{1} << 20U;

struct Measured {
  Content content;
  std::uint64_t beside = 0; // bytes in skippable frames
};

// Dropping it behind itself, so that encode() reads it from the disk again; unless most
// of it was in the page cache before: somebody is at it.
Result<Measured> decode_all(Fs& fs, const Claim& claim, const std::stop_token& stop) {
  const bool in_use = is_in_use(fs, claim.file(), claim.stamp().size);
  TRY_ASSIGN(RolloutReader frame,
             RolloutReader::over(
                 fs,
                 claim.file(),
                 claim.candidate().path,
                 claim.candidate().form,
                 {in_use ? PageCache::keep : PageCache::drop_behind, Frames::any}));
  ContentReader reader(std::move(frame));
  std::vector<std::byte> buffer(k_piece);
  for (std::size_t got = buffer.size(); got == buffer.size();) {
    if (stop.stop_requested()) {
      return Fail(Error{Errc::canceled, 0, "measure", {}, {}});
    }
    TRY_ASSIGN(got, reader.read(buffer));
  }
  TRY_ASSIGN(const Content content, reader.content());
  return Measured{content, reader.reader().skipped_bytes()};
}

} // namespace

Step<Claim> measure(Fs& fs, Claim claim, std::stop_token stop) {
  if (claim.candidate().form == Form::plain) {
    return Step<Claim>(std::move(claim));
  }
  TRY_ASSIGN(const Measured measured,
             naming(claim.candidate().path, decode_all(fs, claim, stop)));
  if (measured.beside > 0) {
    return Stop::skip(Reason::extra_data,
                      fmt::format("its skippable frames hold {} bytes", measured.beside));
  }
  TRY_ASSIGN(Claim known, std::move(claim).measured(measured.content));
  return known;
}

} // namespace coldpress
