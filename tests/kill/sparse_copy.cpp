#include "tests/kill/sparse_copy.hpp"

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

class Opened {
public:
  Opened(const std::string& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    expect(fd_ >= 0, "open " + path);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() { ::close(fd_); }
  operator int() const { return fd_; }

private:
  int fd_;
};

bool is_zero(const char* bytes, std::size_t length) {
  return std::all_of(bytes, bytes + length, [](char byte) { return byte == 0; });
}

} // namespace

void copy_sparse(const std::string& from, const std::string& to) {
  const Opened in(from, O_RDONLY);
  const Opened out(to, O_WRONLY | O_CREAT | O_TRUNC);
  const off_t size = ::lseek(in, 0, SEEK_END);
  expect(::ftruncate(out, size) == 0, "ftruncate " + to);
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
