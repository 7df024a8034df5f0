#include "worker/rollout/content.hpp"

#include <algorithm>
#include <vector>

namespace coldpress {

namespace {

constexpr std::uint64_t k_piece = std::uint64_t{1} << 20U;

} // namespace

Result<std::size_t> ContentReader::read(std::span<std::byte> into) {
  TRY_ASSIGN(const std::size_t got, reader_.read(into));
  hasher_.update(into.first(got));
  size_ += got;
  ended_ = ended_ || got < into.size();
  return got;
}

Result<Content> ContentReader::content() const {
  if (!ended_) {
    return Fail(
        Error{Errc::invalid, 0, "read", reader_.path(), {"it was not read to its end"}});
  }
  return Content(hasher_.digest(), size_, FileStamp::of(reader_.stat()));
}

Result<Content> ContentReader::read_back(Fs& fs,
                                         FileHandle file,
                                         const std::string& path,
                                         const DecodedFrame& written,
                                         const std::stop_token& stop) {
  TRY_ASSIGN(const FileStat stat, fs.stat(file));
  Hasher hasher;
  // One byte more than there should be tells the end in the same call.
  std::vector<std::byte> buffer(std::min(k_piece, written.frame_size() + 1));
  std::uint64_t size = 0;
  for (std::size_t got = buffer.size(); got == buffer.size(); size += got) {
    if (stop.stop_requested()) {
      return Fail(Error{Errc::canceled, 0, "read back", path, {}});
    }
    TRY_ASSIGN(got, fs.read_at(file, buffer, size));
    hasher.update(std::span<const std::byte>(buffer).first(got));
  }
  if (size != written.frame_size() || hasher.digest() != written.frame_hash()) {
    return Fail(Error{Errc::corrupt,
                      0,
                      "read back",
                      path,
                      {"what was read back is not what was written; the source is "
                       "untouched; check the disk and the memory"}});
  }
  return Content(written.plain_hash(), written.plain_size(), FileStamp::of(stat));
}

} // namespace coldpress
