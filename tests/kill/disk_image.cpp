#include "tests/kill/disk_image.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

namespace coldpress {

namespace {

constexpr std::size_t k_piece = std::size_t{256} * 1024;
constexpr std::size_t k_block = 4096;

void expect(bool done, const std::string& what) {
  if (!done) {
    throw std::system_error(errno, std::generic_category(), what);
  }
}

bool is_zero(const char* bytes, std::size_t length) {
  return std::all_of(bytes, bytes + length, [](char byte) { return byte == 0; });
}

} // namespace

OpenImage::OpenImage(const std::string& path)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  expect(fd_ >= 0, "open " + path);
}

OpenImage::~OpenImage() {
  ::close(fd_);
}

void copy_sparse(const std::string& from, const std::string& to) {
  const OpenImage source(from);
  const OpenImage target(to);
  const int in = source.fd();
  const int out = target.fd();
  const off_t size = ::lseek(in, 0, SEEK_END);
  expect(::ftruncate(out, 0) == 0 && ::ftruncate(out, size) == 0, "ftruncate " + to);
  std::vector<char> piece(k_piece);
  for (off_t at = ::lseek(in, 0, SEEK_DATA); at >= 0 && at < size;
       at = ::lseek(in, at, SEEK_DATA)) {
    const ssize_t got = ::pread(in, piece.data(), piece.size(), at);
    expect(got > 0, "read of " + from);
    const auto length = static_cast<std::size_t>(got);
    for (std::size_t done = 0; done < length; done += k_block) {
      const std::size_t part = std::min(k_block, length - done);
      const off_t offset = at + static_cast<off_t>(done);
      expect(is_zero(piece.data() + done, part) ||
                 ::pwrite(out, piece.data() + done, part, offset) ==
                     static_cast<ssize_t>(part),
             "write of " + to);
    }
    at += got;
  }
}

} // namespace coldpress
