#pragma once

#include "fsutil/file_stamp.hpp"
#include "fsutil/hash.hpp"
#include "worker/rollout/frame_check.hpp"
#include "worker/rollout/reader.hpp"

#include <stop_token>

namespace coldpress {

// The plain bytes of one file, which was read from its beginning to its end. Made by
// ContentReader only: whoever has one knows that they were there to be read.
class Content {
public:
  const Hash128& hash() const { return hash_; }
  std::uint64_t size() const { return size_; }      // plain bytes
  const FileStamp& stamp() const { return stamp_; } // of the file, when it was opened
  bool same_bytes(const Content& other) const {
    return hash_ == other.hash_ && size_ == other.size_;
  }

private:
  friend class ContentReader;
  Content(Hash128 hash, std::uint64_t size, FileStamp stamp)
      : hash_(hash), size_(size), stamp_(stamp) {}
  Hash128 hash_;
  std::uint64_t size_;
  FileStamp stamp_;
};

// Hashes what a reader reads. One thread at a time.
class ContentReader {
public:
  explicit ContentReader(RolloutReader reader) : reader_(std::move(reader)) {}

  // As RolloutReader::read().
  Result<std::size_t> read(std::span<std::byte> into);
  // Errc::invalid before read() has come to the end.
  Result<Content> content() const;
  const RolloutReader& reader() const { return reader_; }

  // Reads a file into which a frame was written, and compares its bytes with those that
  // were decoded as they were written: what it then holds is known without decoding it
  // again. Errc::corrupt if it holds other bytes; Errc::canceled.
  static Result<Content> read_back(Fs& fs,
                                   FileHandle file,
                                   const std::string& path,
                                   const DecodedFrame& written,
                                   const std::stop_token& stop);

private:
  RolloutReader reader_;
  Hasher hasher_;
  std::uint64_t size_ = 0;
  bool ended_ = false;
};

} // namespace coldpress
