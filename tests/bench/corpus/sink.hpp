#pragma once

#include "fsutil/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace coldpress::corpus {

// A file being written, through a buffer. The first error stops all later writing and
// is what close() returns: a generator need not look after every piece.
class Sink {
public:
  // Makes missing parent directories; truncates what stood there.
  explicit Sink(std::string path);
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  ~Sink();

  void add(std::string_view text) {
    size_ += text.size();
    if (text.size() < k_large) {
      buffer_ += text;
      if (buffer_.size() >= k_large) {
        flush();
      }
      return;
    }
    flush();
    write(text);
  }

  // What was added so far, in bytes, written or not.
  std::uint64_t size() const { return size_; }

  // True once nothing more reaches the disk: a generator that counts bytes may stop.
  bool failed() const { return sys_ != 0; }

  // Writes the rest. No sync: sample data can be made again.
  Result<void> close();

private:
  static constexpr std::size_t k_large = 1U << 18;

  void flush();
  void write(std::string_view text);

  std::string path_;
  std::string buffer_;
  std::uint64_t size_ = 0;
  int fd_ = -1;
  int sys_ = 0;
};

} // namespace coldpress::corpus
