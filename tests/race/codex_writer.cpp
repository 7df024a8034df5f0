#include "tests/race/codex_writer.hpp"

#include "tests/race/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>

namespace coldpress::race {

Fd::~Fd() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Fd open_append(const std::string& path) {
  return Fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
}

Fd CodexWriter::lock_coordination() const {
  const std::string path = home_.path() + "/thread-writer-locks/.coordination.lock";
  Fd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!lock || ::flock(lock.get(), LOCK_EX) != 0) {
    throw std::runtime_error("coordination lock");
  }
  return lock;
}

std::string CodexWriter::lock_path(std::uint32_t rollout) const {
  return home_.path() + "/thread-writer-locks/" + Home::thread_id(rollout) + ".lock";
}

std::optional<Fd> CodexWriter::lock_thread(std::uint32_t rollout) const {
  const Fd coordination = lock_coordination();
  Fd lock(::open(lock_path(rollout).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return std::nullopt;
  }
  return lock;
}

void CodexWriter::unlock_thread(std::uint32_t rollout, Fd lock) const {
  const Fd coordination = lock_coordination();
  lock = Fd();
  ::unlink(lock_path(rollout).c_str());
}

bool CodexWriter::materialize(const std::string& plain_path, Mtime mtime) const {
  const std::string frame = plain_path + ".zst";
  struct stat source {};
  const auto bytes = read_form(frame);
  if (!bytes || ::lstat(frame.c_str(), &source) != 0) {
    return false;
  }
  const std::string temp = fmt::format(
      "{}/.rollout-materialize-{}-{}", parent_dir(plain_path), ::getpid(), now_ns());
  const Fd file(::open(temp.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file || ::write(file.get(), bytes->data(), bytes->size()) !=
                   static_cast<ssize_t>(bytes->size())) {
    throw std::runtime_error("materialize " + temp);
  }
  const timespec times[2] = {source.st_atim, source.st_mtim};
  if (mtime == Mtime::keep) {
    ::futimens(file.get(), times);
  }
  ::fsync(file.get());
  (void)::linkat(AT_FDCWD, temp.c_str(), AT_FDCWD, plain_path.c_str(), 0);
  ::unlink(temp.c_str());
  ::unlink(frame.c_str());
  return true;
}

Fd CodexWriter::resume(const std::string& plain_path, std::uint64_t* materialized) const {
  constexpr int k_tries = 20;
  for (int i = 0; i < k_tries; ++i) {
    Fd file(::open(plain_path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
    if (file) {
      return file;
    }
    if (materialize(plain_path, Mtime::now)) {
      *materialized += 1;
    } else {
      nap(std::chrono::milliseconds{1});
    }
  }
  return {};
}

} // namespace coldpress::race
