#include "worker/rollout/beginning.hpp"

#include <algorithm>
#include <vector>

namespace coldpress {

namespace {

constexpr std::size_t k_piece = std::size_t{256} << 10U;

// Takes a part's bytes as they come, and the same number of the whole's.
class Beginning {
public:
  explicit Beginning(RolloutReader& whole) : whole_(whole) {}

  // False once they differ, or the whole has ended first.
  Result<bool> take(std::span<const std::byte> piece) {
    std::vector<std::byte> there(piece.size());
    std::size_t got = 0;
    while (got < there.size()) {
      TRY_ASSIGN(const std::size_t more,
                 whole_.read(std::span<std::byte>(there).subspan(got)));
      if (more == 0) {
        return false;
      }
      got += more;
    }
    return std::equal(piece.begin(), piece.end(), there.begin());
  }

private:
  RolloutReader& whole_;
};

Result<void> read_to_end(RolloutReader& reader,
                         const std::function<Result<void>()>& go_on) {
  return copy_rollout(reader, [&](std::span<const std::byte>) { return go_on(); });
}

// Whether all of `part` was the beginning of what `beginning` reads.
Result<bool> take_all(Fs& fs,
                      const OpenForm& part,
                      Beginning& beginning,
                      const std::function<Result<void>()>& go_on) {
  TRY_ASSIGN(FrameDecoder decoder, FrameDecoder::create(Frames::one));
  bool same = true;
  Result<void> failed; // reading the whole
  const Sink compare = [&](std::span<const std::byte> out) -> Result<void> {
    const auto taken = beginning.take(out);
    if (!taken) {
      failed = Fail(taken.error());
      return failed;
    }
    same = same && *taken;
    return same ? Result<void>{}
                : Fail(Error{Errc::changed, 0, "compare", part.path, {}});
  };
  std::vector<std::byte> buffer(k_piece);
  for (std::uint64_t offset = 0;;) {
    TRY(go_on());
    TRY_ASSIGN(const std::size_t got, fs.read_at(part.file, buffer, offset));
    const auto piece = std::span<const std::byte>(buffer).first(got);
    const auto done =
        part.form == Form::plain ? compare(piece) : decoder.push(piece, compare);
    if (!done) {
      TRY(std::move(failed));
      return false;
    }
    offset += got;
    if (got < buffer.size()) {
      return true;
    }
  }
}

} // namespace

Result<bool> is_beginning_of(Fs& fs,
                             const OpenForm& part,
                             RolloutReader& whole,
                             const std::function<Result<void>()>& go_on) {
  Beginning beginning(whole);
  TRY_ASSIGN(const bool same, take_all(fs, part, beginning, go_on));
  if (same) {
    TRY(read_to_end(whole, go_on));
  }
  return same;
}

} // namespace coldpress
