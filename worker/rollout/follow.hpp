#pragma once

#include "worker/rollout/reader.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace coldpress {

// Reads a rollout to its end and goes on as it grows, across changes of its form: what
// is open is read to its end first, then the plain file that has taken its place is read
// from the same offset. While only the .zst stands, the file that was open before is
// still watched, for a late writer appends to that.
class RolloutFollower {
public:
  static Result<RolloutFollower>
  open(Fs& fs, const Clock& clock, const std::string& path);

  // The next `count` decoded bytes are not wanted; call before read().
  Result<void> skip(std::uint64_t count);

  // Bytes that are there; 0: none now, ask again later. Errc::changed: the file was
  // replaced by a shorter one, or cut; else as RolloutReader::read.
  Result<std::size_t> read(std::span<std::byte> into);

  std::uint64_t offset() const { return offset_; }

private:
  RolloutFollower(Fs& fs, std::string plain, RolloutReader reader)
      : fs_(&fs), plain_(std::move(plain)), reader_(std::move(reader)) {}
  Result<bool> change_file();
  Error shrunk() const;

  Fs* fs_;
  std::string plain_;
  RolloutReader reader_;
  std::uint64_t offset_ = 0;
};

} // namespace coldpress
