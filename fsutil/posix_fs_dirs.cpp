// Below a held directory every step is taken from a descriptor, and no step follows a
// symlink: openat2(2) in one call, or a component at a time where the kernel or a
// sandbox does not offer it.
#include "fsutil/posix_fs_dirs.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#if defined(__linux__) && !defined(COLDPRESS_PORTABLE)
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

namespace coldpress {

namespace {

// What passes through a directory without reading it.
#if defined(O_PATH)
constexpr int k_search = O_PATH | O_DIRECTORY | O_CLOEXEC;
#elif defined(O_SEARCH)
constexpr int k_search = O_SEARCH | O_DIRECTORY | O_CLOEXEC;
#else
constexpr int k_search = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
#endif
constexpr int k_list = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK;

int retried_open(int at, const char* path, int flags) {
  int fd = ::openat(at, path, flags);
  while (fd < 0 && errno == EINTR) {
    fd = ::openat(at, path, flags);
  }
  return fd;
}

// Sets ELOOP where a kernel says of a symlink only that it is not a directory: "not
// there" is another answer.
int open_one(int at, const std::string& name, int flags) {
  const int fd = retried_open(at, name.c_str(), flags | O_NOFOLLOW);
  struct stat found {};
  if (fd < 0 && errno == ENOTDIR) {
    const bool symlink = ::fstatat(at, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
                         S_ISLNK(found.st_mode);
    errno = symlink ? ELOOP : ENOTDIR;
  }
  return fd;
}

int open_by_components(int at, const std::string& rest, int flags) {
  int from = at;
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(rest.find('/', begin), rest.size());
    const bool last = end == rest.size();
    const int fd =
        open_one(from, rest.substr(begin, end - begin), last ? flags : k_search);
    const int err = errno;
    if (from != at) {
      ::close(from);
    }
    errno = err;
    if (fd < 0 || last) {
      return fd;
    }
    from = fd;
    begin = end + 1;
  }
}

#if defined(__linux__) && !defined(COLDPRESS_PORTABLE)
int open_beneath(int at, const std::string& rest, int flags) {
  static std::atomic<bool> missing{false};
  if (!missing) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    const auto ask = [&] {
      return static_cast<int>(::syscall(SYS_openat2, at, rest.c_str(), &how, sizeof how));
    };
    int fd = ask();
    while (fd < 0 && (errno == EINTR || errno == EAGAIN)) {
      fd = ask();
    }
    // Kernels before 5.6, and sandboxes that do not know it (they answer EPERM, which
    // opening a directory never does).
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) {
      return fd;
    }
    missing = true;
  }
  return open_by_components(at, rest, flags);
}
#else
int open_beneath(int at, const std::string& rest, int flags) {
  return open_by_components(at, rest, flags);
}
#endif

Fail failed(std::string_view op, const std::string& path) {
  Error error = Error::from_errno(errno, op, path);
  if (error.sys == ELOOP) {
    return Fail(std::move(error).in("it, or a directory in its path, is a symlink; "
                                    "symlinks in a store are not followed"));
  }
  return Fail(std::move(error));
}

// "a//./b" -> "a/b". An error if it leads up: no name in a store does.
Result<std::string>
way_down(std::string_view op, const std::string& path, std::size_t begin) {
  std::string way;
  while (begin < path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part(path.data() + begin, end - begin);
    if (part == "..") {
      return Fail(Error{
          Errc::invalid, 0, op, path, {"\"..\" leads out of the store's directory"}});
    }
    if (!part.empty() && part != ".") {
      way.append(way.empty() ? "" : "/").append(part);
    }
    begin = end + 1;
  }
  return way;
}

DirId id_of(const struct stat& found) {
  return {static_cast<std::uint64_t>(found.st_dev),
          static_cast<std::uint64_t>(found.st_ino)};
}

Result<DirId> id_of(std::string_view op, const std::string& dir, int fd) {
  struct stat found {};
  if (::fstat(fd, &found) != 0) {
    return failed(op, dir);
  }
  return id_of(found);
}

} // namespace

OpenDir::~OpenDir() {
  ::close(fd_);
}

Result<HeldDirs::Below>
HeldDirs::below(std::string_view op, const std::string& path, Itself itself) const {
  Below found;
  std::size_t begin = 0;
  {
    const std::lock_guard hold(mutex_);
    std::string_view prefix = path;
    while (!held_.empty() && !prefix.empty()) {
      const auto at = held_.find(prefix);
      if (at != held_.end() &&
          (itself == Itself::counts || prefix.size() < path.size())) {
        found.dir = at->second.dir;
        begin = prefix.size();
        break;
      }
      const std::size_t slash = prefix.rfind('/');
      prefix = prefix.substr(0, slash == std::string_view::npos ? 0 : slash);
    }
  }
  if (found.dir) {
    TRY_ASSIGN(found.rest, way_down(op, path, begin));
  }
  return found;
}

Result<int> HeldDirs::open_for(std::string_view op,
                               const std::string& path,
                               int flags,
                               Itself itself) const {
  TRY_ASSIGN(const Below from, below(op, path, itself));
  const int fd = !from.dir           ? retried_open(AT_FDCWD, path.c_str(), flags)
                 : from.rest.empty() ? retried_open(from.dir->fd(), ".", flags)
                                     : open_beneath(from.dir->fd(), from.rest, flags);
  return fd < 0 ? Result<int>(failed(op, path)) : Result<int>(fd);
}

Result<DirId> HeldDirs::hold(const std::string& dir) {
  {
    const std::lock_guard hold(mutex_);
    if (const auto known = held_.find(dir); known != held_.end()) {
      known->second.count += 1;
      return known->second.id;
    }
  }
  TRY_ASSIGN(const int fd, open_for("hold directory", dir, k_search, Itself::counts));
  auto opened = std::make_shared<const OpenDir>(fd);
  TRY_ASSIGN(const DirId id, id_of("hold directory", dir, fd));
  const std::lock_guard hold(mutex_);
  Held& held = held_[dir];
  if (held.count++ == 0) {
    held.dir = std::move(opened);
    held.id = id;
  }
  return held.id; // another thread's, if it came first
}

void HeldDirs::drop(const std::string& dir) noexcept {
  const std::lock_guard hold(mutex_);
  const auto known = held_.find(dir);
  if (known != held_.end() && --known->second.count == 0) {
    held_.erase(known);
  }
}

Result<DirId> HeldDirs::look_up(const std::string& dir) const {
  TRY_ASSIGN(const int fd,
             open_for("look up directory", dir, k_search, Itself::does_not));
  const OpenDir opened(fd);
  return id_of("look up directory", dir, fd);
}

Result<HeldDirs::Place> HeldDirs::place(std::string_view op,
                                        const std::string& path) const {
  TRY_ASSIGN(Below from, below(op, path, Itself::counts));
  if (!from.dir) {
    return Place{nullptr, AT_FDCWD, path};
  }
  const std::size_t slash = from.rest.rfind('/');
  if (slash == std::string::npos) {
    const int fd = from.dir->fd();
    return Place{std::move(from.dir), fd, from.rest.empty() ? "." : from.rest};
  }
  const int fd = open_beneath(from.dir->fd(), from.rest.substr(0, slash), k_search);
  if (fd < 0) {
    return failed(op, path);
  }
  return Place{std::make_shared<const OpenDir>(fd), fd, from.rest.substr(slash + 1)};
}

Result<int> HeldDirs::open_to_list(std::string_view op, const std::string& dir) const {
  return open_for(op, dir, k_list, Itself::counts);
}

Result<std::shared_ptr<const OpenDir>>
HeldDirs::open_to_search(std::string_view op, const std::string& dir) const {
  TRY_ASSIGN(const int fd, open_for(op, dir, k_search, Itself::counts));
  return std::make_shared<const OpenDir>(fd);
}

} // namespace coldpress
