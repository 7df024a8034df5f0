#include "tests/kill/write_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <map>
#include <stdexcept>
#include <system_error>

namespace coldpress {

namespace {

constexpr std::uint64_t k_block = 4096;

// Before the bytes of each write. A flush is one of no bytes.
struct Header {
  std::uint64_t offset;
  std::uint64_t length;
};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int open_or_throw(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd < 0) {
    fail("open " + path);
  }
  return fd;
}

} // namespace

WriteLogger::WriteLogger(const std::string& path)
    : fd_(open_or_throw(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND)) {}

WriteLogger::~WriteLogger() {
  ::close(fd_);
}

void WriteLogger::append(std::uint64_t offset, std::span<const std::byte> bytes) {
  Header header{offset, bytes.size()};
  const std::array<iovec, 2> parts{
      iovec{&header, sizeof header},
      iovec{const_cast<std::byte*>(bytes.data()), bytes.size()}};
  const auto whole = static_cast<ssize_t>(sizeof header + bytes.size());
  if (::writev(fd_, parts.data(), parts.size()) != whole) {
    fail("write of the log");
  }
}

void WriteLogger::wrote(std::uint64_t offset, std::span<const std::byte> bytes) {
  if (!bytes.empty()) {
    append(offset, bytes);
  }
}

void WriteLogger::flushed() {
  append(0, {});
}

std::uint64_t log_place(const std::string& path) {
  struct stat stat {};
  if (::stat(path.c_str(), &stat) != 0) {
    fail("stat " + path);
  }
  return static_cast<std::uint64_t>(stat.st_size);
}

WriteLog::WriteLog(const std::string& path) : fd_(open_or_throw(path, O_RDONLY)) {
  const std::uint64_t size = log_place(path);
  windows_.emplace_back();
  std::uint64_t at = 0;
  while (at < size) {
    Header header{};
    if (::pread(fd_, &header, sizeof header, static_cast<off_t>(at)) !=
            static_cast<ssize_t>(sizeof header) ||
        at + sizeof header + header.length > size) {
      throw std::runtime_error("the log is torn: " + path);
    }
    if (header.length == 0) {
      windows_.back().end = at;
      windows_.emplace_back();
    } else {
      windows_.back().writes.push_back(
          {header.offset, at + sizeof header, header.length});
    }
    at += sizeof header + header.length;
  }
  windows_.back().end = size;
}

WriteLog::~WriteLog() {
  ::close(fd_);
}

void WriteLog::copy(std::uint64_t at,
                    std::uint64_t length,
                    int image,
                    std::uint64_t offset) const {
  std::vector<std::byte> bytes(length);
  const auto whole = static_cast<ssize_t>(length);
  if (::pread(fd_, bytes.data(), length, static_cast<off_t>(at)) != whole ||
      ::pwrite(image, bytes.data(), length, static_cast<off_t>(offset)) != whole) {
    fail("copy of a logged write");
  }
}

void WriteLog::apply(const Window& window, int image) const {
  for (const Write& write : window.writes) {
    copy(write.at, write.length, image, write.offset);
  }
}

void WriteLog::apply_some(const Window& window,
                          int image,
                          std::mt19937_64& random) const {
  for (const Write& write : window.writes) {
    for (std::uint64_t done = 0; done < write.length;) {
      const std::uint64_t offset = write.offset + done;
      const std::uint64_t length =
          std::min(k_block - offset % k_block, write.length - done);
      if (random() % 2 == 0) {
        copy(write.at + done, length, image, offset);
      }
      done += length;
    }
  }
}

std::set<std::size_t> spread(std::size_t wanted, std::size_t all) {
  std::set<std::size_t> places;
  const std::size_t count = std::min(wanted, all);
  for (std::size_t i = 0; i < count; ++i) {
    places.insert((2 * i + 1) * all / (2 * count));
  }
  return places;
}

std::set<std::size_t> places_in(const std::vector<WriteLog::Window>& windows,
                                std::size_t wanted) {
  std::set<std::size_t> places = spread((wanted + 1) / 2, windows.size());
  std::multimap<std::uint64_t, std::size_t, std::greater<>> by_size;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    std::uint64_t size = 0;
    for (const WriteLog::Write& write : windows[i].writes) {
      size += write.length;
    }
    by_size.emplace(size, i);
  }
  for (const auto& [size, place] : by_size) {
    if (places.size() >= wanted) {
      break;
    }
    places.insert(place);
  }
  return places;
}

} // namespace coldpress
