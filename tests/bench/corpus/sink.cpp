#include "tests/bench/corpus/sink.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace coldpress::corpus {

Sink::Sink(std::string path) : path_(std::move(path)) {
  std::error_code ignored; // open() says it better
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(),
                                      ignored);
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  sys_ = fd_ < 0 ? errno : 0;
  buffer_.reserve(2 * k_large);
}

Sink::~Sink() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Result<void> Sink::close() {
  flush();
  if (fd_ >= 0 && ::close(std::exchange(fd_, -1)) != 0 && sys_ == 0) {
    sys_ = errno;
  }
  if (sys_ != 0) {
    return Fail(Error::from_errno(sys_, "write", path_));
  }
  return {};
}

void Sink::flush() {
  write(buffer_);
  buffer_.clear();
}

void Sink::write(std::string_view text) {
  while (!text.empty() && sys_ == 0) {
    const ssize_t done = ::write(fd_, text.data(), text.size());
    if (done >= 0) {
      text.remove_prefix(static_cast<std::size_t>(done));
    } else if (errno != EINTR) {
      sys_ = errno;
    }
  }
}

} // namespace coldpress::corpus
