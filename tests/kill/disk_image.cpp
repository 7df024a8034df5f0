#include "tests/kill/disk_image.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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

// Where the next bytes are that are no hole; `size` if there are none.
off_t next_data(int fd, off_t at, off_t size) {
  const off_t found = ::lseek(fd, at, SEEK_DATA);
  expect(found >= 0 || errno == ENXIO, "lseek");
  return found < 0 ? size : found;
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
  for (off_t at = next_data(in, 0, size); at < size; at = next_data(in, at, size)) {
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

bool is_same_image(const std::string& one, const std::string& other) {
  const std::array<OpenImage, 2> images{OpenImage(one), OpenImage(other)};
  const off_t size = ::lseek(images[0].fd(), 0, SEEK_END);
  if (::lseek(images[1].fd(), 0, SEEK_END) != size) {
    return false;
  }
  std::array<std::vector<char>, 2> pieces{std::vector<char>(k_piece),
                                          std::vector<char>(k_piece)};
  const auto next = [&](off_t at) {
    return std::min(next_data(images[0].fd(), at, size),
                    next_data(images[1].fd(), at, size));
  };
  for (off_t at = next(0); at < size; at = next(at)) {
    std::array<ssize_t, 2> got{};
    for (std::size_t i = 0; i < 2; ++i) {
      got[i] = ::pread(images[i].fd(), pieces[i].data(), k_piece, at);
    }
    expect(got[0] > 0, "read of " + one);
    if (got[0] != got[1] ||
        !std::equal(pieces[0].begin(), pieces[0].begin() + got[0], pieces[1].begin())) {
      return false;
    }
    at += got[0];
  }
  return true;
}

} // namespace coldpress
