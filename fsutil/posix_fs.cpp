// Opening, contents, names and metadata. What only some kernels have (unnamed files,
// renameat2, leases, page cache, attributes) is in posix_fs_kernel.cpp.
#include "fsutil/posix_fs.hpp"

#include "fsutil/posix_fs_type.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>

namespace coldpress {

namespace {

int fd_of(FileHandle file) {
  return static_cast<int>(file);
}

Fail failed(std::string_view op, std::string path) {
  return Fail(Error::from_errno(errno, op, std::move(path)));
}

// Runs `call` until it is not interrupted by a signal.
template <class Call> auto retried(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) {
    result = call();
  }
  return result;
}

WallTime time_of(const timespec& time) {
  return to_wall(time.tv_sec, time.tv_nsec);
}

// Of a full disk or of a file system that has no limit, told as the largest number.
std::uint64_t product(std::uint64_t count, std::uint64_t size) {
  std::uint64_t bytes = 0;
  return __builtin_mul_overflow(count, size, &bytes)
             ? std::numeric_limits<std::uint64_t>::max()
             : bytes;
}

FileType type_of(mode_t mode) {
  if (S_ISREG(mode)) {
    return FileType::regular;
  }
  if (S_ISDIR(mode)) {
    return FileType::directory;
  }
  return S_ISLNK(mode) ? FileType::symlink : FileType::other;
}

FileStat to_stat(const struct stat& from) {
  FileStat stat;
  stat.type = type_of(from.st_mode);
  stat.device = static_cast<std::uint64_t>(from.st_dev);
  stat.inode = static_cast<std::uint64_t>(from.st_ino);
  stat.size = static_cast<std::uint64_t>(from.st_size);
  stat.allocated = static_cast<std::uint64_t>(from.st_blocks) * 512;
#ifdef __APPLE__
  stat.mtime = time_of(from.st_mtimespec);
  stat.ctime = time_of(from.st_ctimespec);
#else
  stat.mtime = time_of(from.st_mtim);
  stat.ctime = time_of(from.st_ctim);
#endif
  stat.mode = from.st_mode & 07777U;
  stat.uid = from.st_uid;
  stat.gid = from.st_gid;
  stat.links = static_cast<std::uint64_t>(from.st_nlink);
  return stat;
}

// A FIFO, a device or a socket would be waited for, or answer for ever.
Result<FileHandle> if_regular(int fd, const std::string& path, std::string_view op) {
  struct stat found {};
  if (::fstat(fd, &found) == 0 && S_ISREG(found.st_mode)) {
    return FileHandle{fd};
  }
  ::close(fd);
  const int err = S_ISDIR(found.st_mode) ? EISDIR : 0; // of a FIFO no errno tells
  return Fail(Error{Errc::invalid, err, op, path, {"this is not a regular file"}});
}

// A symlink to nothing is there, and what it meant is not known: not the same as absent.
Error not_there(const std::string& path) {
  Error error = Error::from_errno(ENOENT, "realpath", path);
  struct stat found {};
  std::string at = path;
  while (::lstat(at.c_str(), &found) != 0 && at != parent_dir(at)) {
    at = parent_dir(at);
  }
  // A symlink that leads to a file with a name: what is missing is below it.
  const std::unique_ptr<char, void (*)(void*)> leads_on(::realpath(at.c_str(), nullptr),
                                                        std::free);
  if (S_ISLNK(found.st_mode) && !leads_on) {
    error.code = Errc::invalid;
    error.context.push_back(::stat(at.c_str(), &found) == 0
                                ? at + " is a symlink to a file without a name"
                                : at + " is a symlink to a file that does not exist");
  }
  return error;
}

} // namespace

Result<DirId> PosixFs::hold_dir(const std::string& dir) {
  return dirs_.hold(dir);
}

void PosixFs::drop_dir(const std::string& dir) noexcept {
  dirs_.drop(dir);
}

Result<DirId> PosixFs::look_up_dir(const std::string& dir) {
  return dirs_.look_up(dir);
}

Result<FileHandle> PosixFs::open_file(const std::string& path,
                                      int flags,
                                      std::uint32_t mode,
                                      std::string_view op) {
  constexpr int k_always = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  TRY_ASSIGN(const HeldDirs::Place at, dirs_.place(op, path));
  const int fd =
      retried([&] { return ::openat(at.fd, at.name.c_str(), flags | k_always, mode); });
  if (fd < 0) {
    return failed(op, path);
  }
  return if_regular(fd, path, op);
}

Result<FileHandle> PosixFs::open_read(const std::string& path) {
#ifdef O_NOATIME
  // Only the owner may ask for it.
  auto quiet = open_file(path, O_RDONLY | O_NOATIME, 0, "open");
  if (quiet || quiet.error().sys != EPERM) {
    return quiet;
  }
#endif
  return open_file(path, O_RDONLY, 0, "open");
}

Result<FileHandle> PosixFs::open_lock(const std::string& path, Create create) {
  return open_file(
      path, O_RDWR | (create == Create::yes ? O_CREAT : 0), 0666, "open to write");
}

Result<FileHandle> PosixFs::open_append(const std::string& path) {
  return open_file(path, O_RDWR | O_APPEND, 0, "open for append");
}

Result<FileHandle> PosixFs::create_new(const std::string& path, std::uint32_t mode) {
  return open_file(path, O_RDWR | O_CREAT | O_EXCL, mode, "create");
}

void PosixFs::close(FileHandle file) noexcept {
  ::close(fd_of(file));
}

Result<std::size_t>
PosixFs::read_at(FileHandle file, std::span<std::byte> into, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got = retried([&] {
      return ::pread(fd_of(file),
                     into.data() + done,
                     into.size() - done,
                     static_cast<off_t>(offset + done));
    });
    if (got < 0) {
      return failed("read", {});
    }
    if (got == 0) {
      break;
    }
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Result<void> PosixFs::write_at(FileHandle file,
                               std::span<const std::byte> data,
                               std::uint64_t offset) {
  while (!data.empty()) {
    const ssize_t put = retried([&] {
      return ::pwrite(fd_of(file), data.data(), data.size(), static_cast<off_t>(offset));
    });
    if (put < 0) {
      return failed("write", {});
    }
    offset += static_cast<std::uint64_t>(put);
    data = data.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Result<std::size_t> PosixFs::append(FileHandle file, std::span<const std::byte> data) {
  const ssize_t put =
      retried([&] { return ::write(fd_of(file), data.data(), data.size()); });
  if (put < 0) {
    return failed("append", {});
  }
  if (put == 0 && !data.empty()) {
    errno = ENOSPC;
    return failed("append", {});
  }
  return static_cast<std::size_t>(put);
}

Result<void> PosixFs::truncate(FileHandle file, std::uint64_t size) {
  if (retried([&] { return ::ftruncate(fd_of(file), static_cast<off_t>(size)); }) != 0) {
    return failed("ftruncate", {});
  }
  return {};
}

Result<void> PosixFs::sync_file(FileHandle file) {
#ifdef __APPLE__
  // fsync(2) on macOS does not reach the platter; F_FULLFSYNC does.
  const int done = retried([&] { return ::fcntl(fd_of(file), F_FULLFSYNC); });
#else
  const int done = retried([&] { return ::fsync(fd_of(file)); });
#endif
  if (done != 0) {
    return failed("fsync", {});
  }
  return {};
}

Result<void> PosixFs::sync_dir(const std::string& dir) {
  TRY_ASSIGN(const int fd, dirs_.open_to_list("open directory", dir));
  const File directory(*this, FileHandle{fd});
  if (retried([&] { return ::fsync(fd); }) != 0) {
    return failed("fsync directory", dir);
  }
  return {};
}

Result<FileStat> PosixFs::stat(FileHandle file) {
  struct stat found {};
  if (::fstat(fd_of(file), &found) != 0) {
    return failed("fstat", {});
  }
  return to_stat(found);
}

Result<FileStat> PosixFs::lstat(const std::string& path) {
  TRY_ASSIGN(const HeldDirs::Place at, dirs_.place("lstat", path));
  struct stat found {};
  if (::fstatat(at.fd, at.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
    return failed("lstat", path);
  }
  return to_stat(found);
}

Result<void> PosixFs::link(const std::string& from, const std::string& to) {
  TRY_ASSIGN(const HeldDirs::Place source, dirs_.place("link", from));
  TRY_ASSIGN(const HeldDirs::Place target, dirs_.place("link", to));
  if (::linkat(source.fd, source.name.c_str(), target.fd, target.name.c_str(), 0) != 0) {
    return failed("link", to);
  }
  return {};
}

Result<void> PosixFs::unlink(const std::string& path) {
  TRY_ASSIGN(const HeldDirs::Place at, dirs_.place("unlink", path));
  if (::unlinkat(at.fd, at.name.c_str(), 0) != 0) {
    return failed("unlink", path);
  }
  return {};
}

Result<void> PosixFs::make_dir(const std::string& path, std::uint32_t mode) {
  TRY_ASSIGN(const HeldDirs::Place at, dirs_.place("mkdir", path));
  if (::mkdirat(at.fd, at.name.c_str(), mode) != 0) {
    return failed("mkdir", path);
  }
  return {};
}

Result<std::vector<DirEntry>> PosixFs::list_dir(const std::string& path) {
  TRY_ASSIGN(const int fd, dirs_.open_to_list("opendir", path));
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(fd), ::closedir);
  if (!dir) {
    const Fail failure = failed("opendir", path);
    ::close(fd);
    return failure;
  }
  std::vector<DirEntry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    std::string name = entry->d_name;
    if (name == "." || name == "..") {
      continue;
    }
    FileType type = FileType::other;
    if (entry->d_type == DT_UNKNOWN) {
      struct stat found {};
      type = ::fstatat(fd, entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0
                 ? type_of(found.st_mode)
                 : FileType::other;
    } else {
      type = type_of(static_cast<mode_t>(DTTOIF(entry->d_type)));
    }
    entries.push_back({std::move(name), type});
    errno = 0;
  }
  if (errno != 0) {
    return failed("readdir", path);
  }
  return entries;
}

Result<std::string> PosixFs::real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr),
                                                    std::free);
  if (real) {
    return std::string(real.get());
  }
  const int err = errno;
  return err == ENOENT ? Result<std::string>(Fail(not_there(path)))
                       : Fail(Error::from_errno(err, "realpath", path));
}

Result<SpaceInfo> PosixFs::space(const std::string& path) {
  TRY_ASSIGN(const auto place, dirs_.open_to_search("statvfs", path));
  struct statvfs found {};
  if (retried([&] { return ::fstatvfs(place->fd(), &found); }) != 0) {
    return failed("statvfs", path);
  }
  FileSystemType type = type_of_open(place->fd());
  return SpaceInfo{product(found.f_bavail, found.f_frsize),
                   product(found.f_blocks, found.f_frsize),
                   found.f_favail,
                   found.f_files,
                   (found.f_flag & ST_RDONLY) != 0,
                   std::move(type.name),
                   type.known_local};
}

Result<void> PosixFs::set_mtime(FileHandle file, WallTime mtime) {
  if (!is_kept(mtime)) {
    return Fail(Error::from_errno(EOVERFLOW, "futimens", {}));
  }
  const auto since_epoch = mtime.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  timespec times[2] = {};
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_sec = static_cast<time_t>(seconds.count());
  times[1].tv_nsec = static_cast<long>((since_epoch - seconds).count());
  if (::futimens(fd_of(file), times) != 0) {
    return failed("futimens", {});
  }
  return {};
}

Result<void> PosixFs::set_mode(FileHandle file, std::uint32_t mode) {
  if (::fchmod(fd_of(file), mode) != 0) {
    return failed("fchmod", {});
  }
  return {};
}

Result<void> PosixFs::set_owner(FileHandle file, std::uint32_t uid, std::uint32_t gid) {
  if (::fchown(fd_of(file), uid, gid) != 0) {
    return failed("fchown", {});
  }
  return {};
}

Result<void> PosixFs::try_lock(FileHandle file) {
  if (retried([&] { return ::flock(fd_of(file), LOCK_EX | LOCK_NB); }) != 0) {
    return failed("flock", {});
  }
  return {};
}

Result<void> PosixFs::unlock(FileHandle file) {
  if (retried([&] { return ::flock(fd_of(file), LOCK_UN); }) != 0) {
    return failed("flock", {});
  }
  return {};
}

} // namespace coldpress
