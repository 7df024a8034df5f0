#include "worker/stage/verify.hpp"

#include "fsutil/metadata.hpp"

namespace coldpress {

class VerifiedMaker {
public:
  static Verified make(Encoded encoded, bool from_disk) {
    return Verified(std::move(encoded), from_disk);
  }
};

namespace {

constexpr std::size_t k_piece = std::size_t{1} << 20U;

// True if the kernel has let go of every page, so that reading goes to the disk.
Result<bool> sync_and_drop(Fs& fs, FileHandle file) {
  TRY(fs.sync_file(file));
  if (!fs.drop_cache(file, 0, 0)) {
    return false;
  }
  const auto cached = fs.cached_bytes(file);
  return cached && *cached == 0;
}

Result<WrittenFrame> read_back(Fs& fs, FileHandle file, const std::stop_token& stop) {
  Hasher hasher;
  std::vector<std::byte> buffer(k_piece);
  for (std::uint64_t offset = 0;;) {
    if (stop.stop_requested()) {
      return Fail(Error{Errc::canceled, 0, "verify", {}, {}});
    }
    TRY_ASSIGN(const std::size_t got, fs.read_at(file, buffer, offset));
    hasher.update(std::span<const std::byte>(buffer.data(), got));
    offset += got;
    if (got < buffer.size()) {
      return WrittenFrame{hasher.digest(), offset};
    }
  }
}

Result<void> compare(Fs& fs, const Encoded& encoded, const std::stop_token& stop) {
  TRY_ASSIGN(const WrittenFrame found, read_back(fs, encoded.temp().handle(), stop));
  const WrittenFrame& written = encoded.written();
  if (found.size != written.size || found.hash != written.hash) {
    return Fail(Error{Errc::corrupt,
                      0,
                      "verify",
                      encoded.temp().target(),
                      {"the data read back differs from the data written; the source is "
                       "unchanged; check the disk and the machine's memory"}});
  }
  return {};
}

// A weak frame's gain is not in its length: encode() has seen that it does not grow.
Result<bool> frees_a_block(Fs& fs, const Encoded& encoded) {
  if (encoded.claim().candidate().form == Form::compressed) {
    return true;
  }
  TRY_ASSIGN(const FileStat source, fs.stat(encoded.claim().file()));
  TRY_ASSIGN(const FileStat frame, fs.stat(encoded.temp().handle()));
  return frame.allocated + k_block_bytes <= source.allocated;
}

} // namespace

Step<Verified> verify(Fs& fs, Encoded encoded, std::stop_token stop) {
  const FileHandle temp = encoded.temp().handle();
  const std::string path = encoded.temp().target();
  auto from_disk = sync_and_drop(fs, temp);
  if (!from_disk) {
    return Halt(Stop::from(std::move(from_disk.error()).at(path)));
  }
  auto gain = frees_a_block(fs, encoded);
  if (!gain) {
    return Halt(Stop::from(std::move(gain.error()).at(path)));
  }
  if (!*gain) {
    return Halt(Stop::skip(Reason::no_gain));
  }
  if (auto same = compare(fs, encoded, stop); !same) {
    return Halt(Stop::from(std::move(same.error()).at(path)));
  }
  (void)fs.drop_cache(temp, 0, 0); // nobody has asked for it yet
  const Claim& claim = encoded.claim();
  if (auto kept = copy_metadata(fs, claim.file(), claim.stamp(), temp); !kept) {
    return Halt(kept.error().code == Errc::unsupported
                    ? Stop::skip(Reason::metadata_not_kept, describe(kept.error()))
                    : Stop::from(std::move(kept.error()).at(path)));
  }
  if (auto synced = fs.sync_file(temp); !synced) {
    return Halt(Stop::from(std::move(synced.error()).at(path)));
  }
  return VerifiedMaker::make(std::move(encoded), *from_disk);
}

} // namespace coldpress
