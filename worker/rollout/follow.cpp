#include "worker/rollout/follow.hpp"

#include "fsutil/file_stamp.hpp"
#include "worker/rollout/name.hpp"

#include <fmt/format.h>

#include <utility>

namespace coldpress {

Result<RolloutFollower>
RolloutFollower::open(Fs& fs, const Clock& clock, const std::string& path) {
  TRY_ASSIGN(RolloutReader reader, RolloutReader::open(fs, clock, path));
  return RolloutFollower(fs, plain_name(path), std::move(reader));
}

Result<void> RolloutFollower::skip(std::uint64_t count) {
  TRY_ASSIGN(const std::uint64_t skipped, reader_.skip(count));
  offset_ += skipped;
  return {};
}

Error RolloutFollower::shrunk() const {
  return Error{
      Errc::changed,
      0,
      "follow",
      plain_,
      {fmt::format("it is shorter than the {} bytes read of it; start again", offset_)}};
}

Result<std::size_t> RolloutFollower::read(std::span<std::byte> into) {
  TRY_ASSIGN(std::size_t count, reader_.read(into));
  if (count == 0) {
    if (reader_.form() == Form::plain) {
      TRY_ASSIGN(const FileStat now, fs_->stat(reader_.file()));
      if (now.size < offset_) {
        return Fail(shrunk());
      }
    }
    TRY_ASSIGN(const bool changed, change_file());
    if (changed) {
      TRY_ASSIGN(count, reader_.read(into));
    }
  }
  offset_ += count;
  return count;
}

// True if another plain file has the name now; it is read from here on.
Result<bool> RolloutFollower::change_file() {
  const auto named = fs_->lstat(plain_);
  if (!named) {
    if (named.error().code == Errc::not_found) {
      return false;
    }
    return Fail(named.error());
  }
  if (FileStamp::of(reader_.stat()).same_inode(*named)) {
    return false;
  }
  auto next = RolloutReader::open_exact(*fs_, plain_);
  if (!next) {
    if (next.error().code == Errc::not_found) {
      return false; // gone again since
    }
    return Fail(std::move(next.error()));
  }
  if (next->stat().size < offset_) {
    return Fail(shrunk());
  }
  TRY(next->skip(offset_));
  reader_ = std::move(*next);
  return true;
}

} // namespace coldpress
