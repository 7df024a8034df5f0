#include "worker/stage/recover_cut_off.hpp"

#include "worker/rollout/codec.hpp"

#include <algorithm>
#include <vector>

namespace coldpress {

namespace {

constexpr std::size_t k_piece = std::size_t{256} << 10U;

// Of fewer bytes than a header nothing can be decoded.
bool declares_at_most(std::span<const std::byte> first_bytes, std::uint64_t size) {
  if (first_bytes.size() < k_frame_header_max) {
    return true;
  }
  const auto info = inspect_frame(first_bytes);
  return info && info->content_size && *info->content_size <= size;
}

} // namespace

Result<bool> is_cut_off_copy(Fs& fs,
                             const std::string& compressed_path,
                             const std::string& plain_path) {
  TRY_ASSIGN(const FileHandle frame_handle, fs.open_read(compressed_path));
  const File frame(fs, frame_handle);
  TRY_ASSIGN(const FileHandle plain_handle, fs.open_read(plain_path));
  const File plain(fs, plain_handle);
  TRY_ASSIGN(const FileStat plain_stat, fs.stat(plain_handle));
  TRY_ASSIGN(FrameDecoder decoder, FrameDecoder::create(Frames::one));
  std::uint64_t equal = 0;
  Result<void> read_plain;
  const Sink compare = [&](std::span<const std::byte> out) -> Result<void> {
    std::vector<std::byte> there(out.size());
    auto got = fs.read_at(plain_handle, there, equal);
    if (!got) {
      read_plain = Fail(got.error());
      return read_plain;
    }
    equal += *got;
    return std::equal(out.begin(), out.end(), there.begin())
               ? Result<void>{}
               : Fail(Error{Errc::changed, 0, "compare", compressed_path, {}});
  };
  std::vector<std::byte> buffer(k_piece);
  for (std::uint64_t offset = 0;;) {
    TRY_ASSIGN(const std::size_t got, fs.read_at(frame_handle, buffer, offset));
    const auto piece = std::span<const std::byte>(buffer).first(got);
    if ((offset == 0 && !declares_at_most(piece, plain_stat.size)) ||
        !decoder.push(piece, compare)) {
      TRY(std::move(read_plain));
      return false;
    }
    offset += got;
    if (got < buffer.size()) {
      return !decoder.finish();
    }
  }
}

} // namespace coldpress
