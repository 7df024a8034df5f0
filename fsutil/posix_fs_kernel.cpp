// What only some kernels have, each with a clear "unsupported" where it is missing.
// COLDPRESS_PORTABLE compiles as if nothing of it existed.
#include "fsutil/posix_fs.hpp"
#include "fsutil/posix_fs_type.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>

#if defined(__linux__) && !defined(COLDPRESS_PORTABLE)
#define COLDPRESS_LINUX 1
#endif

namespace coldpress {

namespace {

[[maybe_unused]] int fd_of(FileHandle file) {
  return static_cast<int>(file);
}

[[maybe_unused]] Fail failed(std::string_view op, std::string path) {
  return Fail(Error::from_errno(errno, op, std::move(path)));
}

[[maybe_unused]] Fail unsupported(std::string_view op, std::string path) {
  return Fail(Error{Errc::unsupported, 0, op, std::move(path), {}});
}

#ifdef __APPLE__
ssize_t list_names(int fd, char* into, std::size_t size) {
  return ::flistxattr(fd, into, size, 0);
}
ssize_t get_value(int fd, const char* name, char* into, std::size_t size) {
  return ::fgetxattr(fd, name, into, size, 0, 0);
}
int set_value(int fd, const char* name, std::string_view value) {
  return ::fsetxattr(fd, name, value.data(), value.size(), 0, 0);
}
int remove_value(int fd, const char* name) {
  return ::fremovexattr(fd, name, 0);
}
#else
ssize_t list_names(int fd, char* into, std::size_t size) {
  return ::flistxattr(fd, into, size);
}
ssize_t get_value(int fd, const char* name, char* into, std::size_t size) {
  return ::fgetxattr(fd, name, into, size);
}
int set_value(int fd, const char* name, std::string_view value) {
  return ::fsetxattr(fd, name, value.data(), value.size(), 0);
}
int remove_value(int fd, const char* name) {
  return ::fremovexattr(fd, name);
}
#endif

// Grows the buffer until the answer fits: it may change between two calls.
template <class Call> Result<std::string> read_growing(std::string_view op, Call call) {
  std::string buffer(256, '\0');
  for (;;) {
    const ssize_t size = call(buffer.data(), buffer.size());
    if (size >= 0) {
      buffer.resize(static_cast<std::size_t>(size));
      return buffer;
    }
    if (errno != ERANGE || buffer.size() > (1U << 20U)) {
      return failed(op, {});
    }
    buffer.resize(buffer.size() * 4);
  }
}

#ifdef COLDPRESS_LINUX
std::string proc_path(FileHandle file) {
  return "/proc/self/fd/" + std::to_string(fd_of(file));
}

int lease_type(LeaseKind kind) {
  return kind == LeaseKind::read ? F_RDLCK : F_WRLCK;
}

Result<void> rename_with(const HeldDirs& dirs,
                         const std::string& from,
                         const std::string& to,
                         unsigned flags,
                         std::string_view op) {
  TRY_ASSIGN(const HeldDirs::Place source, dirs.place(op, from));
  TRY_ASSIGN(const HeldDirs::Place target, dirs.place(op, to));
  if (::renameat2(
          source.fd, source.name.c_str(), target.fd, target.name.c_str(), flags) != 0) {
    return failed(op, to);
  }
  return {};
}
#endif

#if defined(__APPLE__) && !defined(COLDPRESS_PORTABLE)
Result<void> rename_apple(const HeldDirs& dirs,
                          const std::string& from,
                          const std::string& to,
                          unsigned flags) {
  constexpr std::string_view k_op = "renameatx_np";
  TRY_ASSIGN(const HeldDirs::Place source, dirs.place(k_op, from));
  TRY_ASSIGN(const HeldDirs::Place target, dirs.place(k_op, to));
  if (::renameatx_np(
          source.fd, source.name.c_str(), target.fd, target.name.c_str(), flags) != 0) {
    return failed(k_op, to);
  }
  return {};
}
#endif

} // namespace

#ifdef COLDPRESS_LINUX

Result<FileHandle> PosixFs::create_unnamed(const std::string& dir) {
  TRY_ASSIGN(const auto place, dirs_.open_to_search("open O_TMPFILE", dir));
  int fd = -1;
  do {
    fd = ::openat(place->fd(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) {
    // Kernels before 3.11 see O_DIRECTORY and say EISDIR.
    return errno == EISDIR ? unsupported("open O_TMPFILE", dir)
                           : failed("open O_TMPFILE", dir);
  }
  const FileHandle file{fd};
  // AT_EMPTY_PATH needs a privilege on most kernels; without /proc there may be no way
  // to name the file, and to learn that after encoding is too late.
  if (::faccessat(AT_FDCWD, proc_path(file).c_str(), F_OK, 0) != 0) {
    ::close(fd);
    return unsupported("open O_TMPFILE without /proc", dir);
  }
  return file;
}

Result<void> PosixFs::link_handle(FileHandle file, const std::string& to) {
  TRY_ASSIGN(const HeldDirs::Place at, dirs_.place("linkat", to));
  if (::linkat(fd_of(file), "", at.fd, at.name.c_str(), AT_EMPTY_PATH) == 0) {
    return {};
  }
  if (errno != ENOENT && errno != EPERM && errno != EINVAL) {
    return failed("linkat", to);
  }
  if (::linkat(
          AT_FDCWD, proc_path(file).c_str(), at.fd, at.name.c_str(), AT_SYMLINK_FOLLOW) !=
      0) {
    return failed("linkat", to);
  }
  return {};
}

Result<void> PosixFs::rename_new(const std::string& from, const std::string& to) {
  return rename_with(dirs_, from, to, RENAME_NOREPLACE, "renameat2");
}

Result<void> PosixFs::rename_exchange(const std::string& a, const std::string& b) {
  return rename_with(dirs_, a, b, RENAME_EXCHANGE, "renameat2 exchange");
}

Result<void>
PosixFs::drop_cache(FileHandle file, std::uint64_t offset, std::uint64_t length) {
  const int err = ::posix_fadvise(fd_of(file),
                                  static_cast<off_t>(offset),
                                  static_cast<off_t>(length),
                                  POSIX_FADV_DONTNEED);
  if (err != 0) {
    return Fail(Error::from_errno(err, "posix_fadvise", {}));
  }
  return {};
}

Result<std::uint64_t> PosixFs::cached_bytes(FileHandle file) {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t piece = page * 65536; // a window at a time bounds the page table
  TRY_ASSIGN(const FileStat found, stat(file));
  std::uint64_t pages = 0;
  std::vector<unsigned char> resident;
  for (std::uint64_t offset = 0; offset < found.size; offset += piece) {
    const std::uint64_t length = std::min(piece, found.size - offset);
    void* mapped = ::mmap(
        nullptr, length, PROT_READ, MAP_SHARED, fd_of(file), static_cast<off_t>(offset));
    if (mapped == MAP_FAILED) {
      return failed("mmap", {});
    }
    resident.assign((length + page - 1) / page, 0);
    const int told = ::mincore(mapped, length, resident.data());
    const int err = errno;
    ::munmap(mapped, length);
    if (told != 0) {
      return Fail(Error::from_errno(err, "mincore", {}));
    }
    for (const unsigned char state : resident) {
      pages += state & 1U;
    }
  }
  return pages * page;
}

Result<void> PosixFs::set_lease(FileHandle file, LeaseKind kind) {
  // Where a lease, even if it is granted, says nothing of writers on other machines; and
  // where a refusal would look like a writer (NFS 4 answers EAGAIN without a delegation).
  const FileSystemType type = type_of_open(fd_of(file));
  if (!type.known_local) {
    return Fail(Error{Errc::unsupported,
                      0,
                      "fcntl F_SETLEASE",
                      {},
                      {"file system " + type.name +
                       " is not known to be local, so a kernel lease does not detect "
                       "writers on other machines"}});
  }
  // A break is announced by a signal, SIGIO by default, which kills whoever does not
  // expect it. SIGURG is ignored by default; and then nobody is to be told at all: we
  // ask with F_GETLEASE.
  if (::fcntl(fd_of(file), F_SETSIG, SIGURG) != 0) {
    return failed("fcntl F_SETSIG", {});
  }
  if (::fcntl(fd_of(file), F_SETLEASE, lease_type(kind)) != 0) {
    return failed("fcntl F_SETLEASE", {});
  }
  if (::fcntl(fd_of(file), F_SETOWN, 0) != 0) {
    const Fail failure = failed("fcntl F_SETOWN", {});
    ::fcntl(fd_of(file), F_SETLEASE, F_UNLCK);
    return failure;
  }
  return {};
}

Result<bool> PosixFs::lease_whole(FileHandle file, LeaseKind kind) {
  const int held = ::fcntl(fd_of(file), F_GETLEASE);
  if (held < 0) {
    return failed("fcntl F_GETLEASE", {});
  }
  return held == lease_type(kind);
}

Result<void> PosixFs::drop_lease(FileHandle file) {
  if (::fcntl(fd_of(file), F_SETLEASE, F_UNLCK) != 0) {
    return failed("fcntl F_SETLEASE", {});
  }
  return {};
}

#else

Result<FileHandle> PosixFs::create_unnamed(const std::string& dir) {
  return unsupported("unnamed file", dir);
}
Result<void> PosixFs::link_handle(FileHandle, const std::string& to) {
  return unsupported("link unnamed file", to);
}
Result<void> PosixFs::rename_new(const std::string& from, const std::string& to) {
#if defined(__APPLE__) && !defined(COLDPRESS_PORTABLE)
  return rename_apple(dirs_, from, to, RENAME_EXCL);
#else
  (void)from;
  return unsupported("rename without replacing", to);
#endif
}
Result<void> PosixFs::rename_exchange(const std::string& a, const std::string& b) {
#if defined(__APPLE__) && !defined(COLDPRESS_PORTABLE)
  return rename_apple(dirs_, a, b, RENAME_SWAP);
#else
  (void)a;
  return unsupported("rename exchange", b);
#endif
}
Result<void> PosixFs::drop_cache(FileHandle, std::uint64_t, std::uint64_t) {
  return unsupported("drop page cache", {});
}
Result<std::uint64_t> PosixFs::cached_bytes(FileHandle) {
  return unsupported("look into the page cache", {});
}
Result<void> PosixFs::set_lease(FileHandle, LeaseKind) {
  return unsupported("kernel lease", {});
}
Result<bool> PosixFs::lease_whole(FileHandle, LeaseKind) {
  return unsupported("kernel lease", {});
}
Result<void> PosixFs::drop_lease(FileHandle) {
  return unsupported("kernel lease", {});
}

#endif

Result<std::vector<std::string>> PosixFs::list_xattrs(FileHandle file) {
  auto packed = read_growing("flistxattr", [&](char* into, std::size_t size) {
    return list_names(fd_of(file), into, size);
  });
  if (!packed) {
    if (packed.error().code == Errc::unsupported) {
      return std::vector<std::string>{};
    }
    return Fail(std::move(packed.error()));
  }
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < packed->size();) {
    const std::size_t end = packed->find('\0', begin);
    names.push_back(packed->substr(begin, end - begin));
    begin = end == std::string::npos ? packed->size() : end + 1;
  }
  return names;
}

Result<std::string> PosixFs::get_xattr(FileHandle file, const std::string& name) {
  return read_growing("fgetxattr", [&](char* into, std::size_t size) {
    return get_value(fd_of(file), name.c_str(), into, size);
  });
}

Result<void>
PosixFs::set_xattr(FileHandle file, const std::string& name, std::string_view value) {
  if (set_value(fd_of(file), name.c_str(), value) != 0) {
    return failed("fsetxattr", name);
  }
  return {};
}

Result<void> PosixFs::remove_xattr(FileHandle file, const std::string& name) {
  if (remove_value(fd_of(file), name.c_str()) != 0) {
    return failed("fremovexattr", name);
  }
  return {};
}

} // namespace coldpress
