#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <string>

namespace coldpress {

// flock(2) on a file, made if it is missing.
class Locked {
public:
  explicit Locked(const std::string& path)
      : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    REQUIRE_GE(fd_, 0);
    REQUIRE_EQ(::flock(fd_, LOCK_EX | LOCK_NB), 0);
  }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
  ~Locked() { ::close(fd_); }

private:
  int fd_;
};

} // namespace coldpress
