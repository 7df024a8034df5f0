// Preloaded into the program: every other call that a signal may interrupt is, and what
// is read or written comes in parts. Of writes that append every third is cut short: a
// record that is cut each time would never be written.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr unsigned k_cut_every = 3;

std::atomic<unsigned> calls{0};
std::atomic<unsigned> appends{0};

bool interrupted() {
  if (calls++ % 2 != 0) {
    return false;
  }
  errno = EINTR;
  return true;
}

std::size_t part_of(std::size_t size) {
  return size > 1 ? size / 2 : size;
}

bool appends_to(int fd) {
  const long flags = ::syscall(SYS_fcntl, fd, F_GETFL);
  return flags >= 0 && (flags & O_APPEND) != 0;
}

// Says that it was there, and how much it did.
struct Farewell {
  ~Farewell() {
    if (const char* path = std::getenv("INTERRUPTED_CALLS")) {
      if (std::FILE* file = std::fopen(path, "w")) {
        (void)std::fprintf(file, "%u %u\n", calls.load(), appends.load());
        (void)std::fclose(file);
      }
    }
  }
};
const Farewell k_farewell;

} // namespace

extern "C" {

ssize_t read(int fd, void* into, std::size_t size) {
  return interrupted() ? -1 : ::syscall(SYS_read, fd, into, part_of(size));
}

ssize_t pread64(int fd, void* into, std::size_t size, off64_t at) {
  return interrupted() ? -1 : ::syscall(SYS_pread64, fd, into, part_of(size), at);
}

ssize_t write(int fd, const void* data, std::size_t size) {
  if (interrupted()) {
    return -1;
  }
  const bool cut = appends_to(fd) && appends++ % k_cut_every == 0;
  return ::syscall(SYS_write, fd, data, cut ? part_of(size) : size);
}

ssize_t pwrite64(int fd, const void* data, std::size_t size, off64_t at) {
  return interrupted() ? -1 : ::syscall(SYS_pwrite64, fd, data, part_of(size), at);
}

int openat64(int dir, const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, unsigned) : 0U;
  va_end(more);
  return interrupted() ? -1
                       : static_cast<int>(::syscall(SYS_openat, dir, path, flags, mode));
}

int fsync(int fd) {
  return interrupted() ? -1 : static_cast<int>(::syscall(SYS_fsync, fd));
}

int fdatasync(int fd) {
  return interrupted() ? -1 : static_cast<int>(::syscall(SYS_fdatasync, fd));
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" // of struct flock, by GCC
int flock(int fd, int how) {
  return interrupted() ? -1 : static_cast<int>(::syscall(SYS_flock, fd, how));
}
#pragma GCC diagnostic pop

int ftruncate64(int fd, off64_t size) {
  return interrupted() ? -1 : static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}

} // extern "C"
