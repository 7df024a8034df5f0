#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace coldpress {

// The log of a disk: its writes and flushes in the order in which it was told. A place in
// it is a size of the log file, which only grows.
class WriteLogger {
public:
  explicit WriteLogger(const std::string& path);
  WriteLogger(const WriteLogger&) = delete;
  WriteLogger& operator=(const WriteLogger&) = delete;
  ~WriteLogger();

  // Before the disk says that it is done. Throw if the log cannot be written.
  void wrote(std::uint64_t offset, std::span<const std::byte> bytes);
  void flushed();

private:
  void append(std::uint64_t offset, std::span<const std::byte> bytes);

  int fd_;
};

// A place in the log of now.
std::uint64_t log_place(const std::string& path);

class WriteLog {
public:
  struct Write {
    std::uint64_t offset = 0; // on the disk
    std::uint64_t at = 0;     // of its bytes, in the log
    std::uint64_t length = 0;
  };
  // What came after one flush and before the next: a power cut in it keeps all that was
  // written before, and any of these.
  struct Window {
    std::vector<Write> writes;
    std::uint64_t end = 0; // place in the log
  };

  // Reads the log whole; throws if it is torn.
  explicit WriteLog(const std::string& path);
  WriteLog(const WriteLog&) = delete;
  WriteLog& operator=(const WriteLog&) = delete;
  ~WriteLog();

  const std::vector<Window>& windows() const { return windows_; }
  // Writes all of it to an image.
  void apply(const Window& window, int image) const;
  // Of each block of 4 KiB, which no disk here tears, whether it was written is chance.
  void apply_some(const Window& window, int image, std::mt19937_64& random) const;

private:
  void
  copy(std::uint64_t at, std::uint64_t length, int image, std::uint64_t offset) const;

  int fd_;
  std::vector<Window> windows_;
};

// So many of `all`, evenly spaced.
std::set<std::size_t> spread(std::size_t wanted, std::size_t all);
// Which windows to cut the power in: half of them evenly spaced, and the rest where the
// most was written. On a slow machine nearly all are those of small appends.
std::set<std::size_t> places_in(const std::vector<WriteLog::Window>& windows,
                                std::size_t wanted);

} // namespace coldpress
