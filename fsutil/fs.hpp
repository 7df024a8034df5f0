#pragma once

#include "fsutil/clock.hpp"
#include "fsutil/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coldpress {

enum class FileType : std::uint8_t { regular, directory, symlink, other };

struct FileStat {
  FileType type = FileType::other;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;      // bytes
  std::uint64_t allocated = 0; // bytes on disk (blocks * 512)
  WallTime mtime{};            // beyond what we keep: k_too_early or k_too_late
  WallTime ctime{};
  std::uint32_t mode = 0; // permission bits, 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t links = 0;
};

struct DirEntry {
  std::string name;
  FileType type = FileType::other;
};

// What a file system is and has left.
struct SpaceInfo {
  std::uint64_t available = 0;       // bytes an ordinary user may still write
  std::uint64_t total = 0;           // bytes
  std::uint64_t files_available = 0; // files an ordinary user may still make
  std::uint64_t files_total = 0;     // 0: there is no such limit
  bool read_only = false;            // mounted so
  std::string type;                  // "ext4"; empty if not known
  bool known_local = false;          // only this kernel can change its files
};

enum class FileHandle : int { none = -1 };

// Which directory it is, whatever its name.
struct DirId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const DirId&, const DirId&) = default;
};

enum class Create : std::uint8_t { no, yes };

// fcntl(2) F_SETLEASE. `read`: no process has the file open for writing; `write`: no
// process else has it open at all.
enum class LeaseKind : std::uint8_t { read, write };

// The one door to the disk: a method per system call we depend on, at that grain.
// Conveniences are free functions over it. Doubles in tests/support stand in for it.
//
// Paths are bytes, not text. Nothing here follows a symlink in the last component
// unless it says so. EINTR and short transfers are retried inside. All methods may be
// called from any thread; one handle is used by one thread at a time.
// At and below a directory that is held (hold_dir()) each step of a path is taken from a
// descriptor: a symlink on the way is Errc::invalid (ELOOP), "..", too, and a directory
// that is moved or replaced meanwhile leads nowhere else.
// Errors: Errc by Error::from_errno; the error names the call and the path.
class Fs {
public:
  virtual ~Fs() = default;

  // --- directories that keep their place; see HeldDir, which ends what this begins

  // From here on paths at and below `dir` begin in the directory that stands there now,
  // whatever has that name later. Not below a held one: symlinks are followed, this once.
  // Held already: the same again, also if another directory has the name by now.
  virtual Result<DirId> hold_dir(const std::string& dir) = 0;
  // As often as it was held.
  virtual void drop_dir(const std::string& dir) noexcept = 0;
  // The directory that has the name now, by way of those held above it.
  virtual Result<DirId> look_up_dir(const std::string& dir) = 0;

  // --- opening. Descriptors are close-on-exec. What is not a regular file is never read
  // or waited for: Errc::invalid (a symlink's errno is ELOOP).

  // Read-only, without touching atime where the kernel allows it.
  virtual Result<FileHandle> open_read(const std::string& path) = 0;
  // Read and write, never truncates. For lock files and records.
  // With Create::yes makes it with mode 0666 less the umask, as Codex makes its lock
  // files; an existing one is fine.
  virtual Result<FileHandle> open_lock(const std::string& path, Create create) = 0;
  // Read and append: what is written goes to the end, wherever that is by then. Never
  // makes the file. Errc::busy: a lease is in the way, and its holder knows now.
  virtual Result<FileHandle> open_append(const std::string& path) = 0;
  // A new empty file with that mode, read and write. Errc::exists if the name is taken.
  virtual Result<FileHandle> create_new(const std::string& path, std::uint32_t mode) = 0;
  // A file without a name in `dir`, mode 0600, gone when closed unless linked.
  // Errc::unsupported where the file system has none, or where it could not be
  // linked later.
  virtual Result<FileHandle> create_unnamed(const std::string& dir) = 0;
  // Releases its locks and leases. Never fails: nothing we write depends on it.
  virtual void close(FileHandle file) noexcept = 0;

  // --- contents

  // Bytes read; less than asked only at the end of the file; 0 at or after it.
  virtual Result<std::size_t>
  read_at(FileHandle file, std::span<std::byte> into, std::uint64_t offset) = 0;
  // Writes all of `data`, or fails with an unknown part of it written.
  virtual Result<void>
  write_at(FileHandle file, std::span<const std::byte> data, std::uint64_t offset) = 0;
  // One write(2) at the end of a file of open_append(), which other processes' appends do
  // not mix with: how many bytes of `data` it took, at least 1. On an error none.
  virtual Result<std::size_t> append(FileHandle file,
                                     std::span<const std::byte> data) = 0;
  virtual Result<void> truncate(FileHandle file, std::uint64_t size) = 0;
  // On success the bytes and the inode survive a power cut. The *name* does not: see
  // sync_dir.
  virtual Result<void> sync_file(FileHandle file) = 0;
  // On success every name added to or removed from `dir` so far survives a power cut.
  virtual Result<void> sync_dir(const std::string& dir) = 0;

  // --- names

  virtual Result<FileStat> stat(FileHandle file) = 0;
  virtual Result<FileStat> lstat(const std::string& path) = 0;
  // Gives an open file (made by create_unnamed) a name. Errc::exists if taken.
  virtual Result<void> link_handle(FileHandle file, const std::string& to) = 0;
  // Gives `from` the second name `to`. Errc::exists if taken.
  virtual Result<void> link(const std::string& from, const std::string& to) = 0;
  // renameat2(RENAME_NOREPLACE). Errc::exists if `to` is taken; Errc::unsupported
  // where the kernel or file system has none: see move_new().
  virtual Result<void> rename_new(const std::string& from, const std::string& to) = 0;
  // renameat2(RENAME_EXCHANGE). Errc::unsupported as above.
  virtual Result<void> rename_exchange(const std::string& a, const std::string& b) = 0;
  virtual Result<void> unlink(const std::string& path) = 0;
  // Errc::exists if there is something of that name.
  virtual Result<void> make_dir(const std::string& path, std::uint32_t mode) = 0;
  // All entries but . and .., in no order.
  virtual Result<std::vector<DirEntry>> list_dir(const std::string& path) = 0;
  // The absolute path with every symlink followed. Errc::not_found only if nothing has
  // that name; a symlink to nothing, there or on the way, is Errc::invalid (ENOENT).
  virtual Result<std::string> real_path(const std::string& path) = 0;
  virtual Result<SpaceInfo> space(const std::string& path) = 0;

  // --- metadata

  // Errc::invalid (EOVERFLOW) for a time that is not is_kept().
  virtual Result<void> set_mtime(FileHandle file, WallTime mtime) = 0;
  virtual Result<void> set_mode(FileHandle file, std::uint32_t mode) = 0;
  virtual Result<void>
  set_owner(FileHandle file, std::uint32_t uid, std::uint32_t gid) = 0;
  // Extended attributes, POSIX ACLs among them (system.posix_acl_access). A file
  // system without any answers an empty list.
  virtual Result<std::vector<std::string>> list_xattrs(FileHandle file) = 0;
  virtual Result<std::string> get_xattr(FileHandle file, const std::string& name) = 0;
  virtual Result<void>
  set_xattr(FileHandle file, const std::string& name, std::string_view value) = 0;
  virtual Result<void> remove_xattr(FileHandle file, const std::string& name) = 0;

  // --- page cache. Advice; where there is none, both succeed or say unsupported.

  // Asks the kernel to forget clean pages; length 0 means to the end.
  virtual Result<void>
  drop_cache(FileHandle file, std::uint64_t offset, std::uint64_t length) = 0;
  // Bytes of the file now in the page cache. Errc::unsupported if not known.
  virtual Result<std::uint64_t> cached_bytes(FileHandle file) = 0;

  // --- locks and leases. Both belong to the open file and end with close().

  // flock(2), exclusive, not waiting: Errc::busy if another open file holds it.
  virtual Result<void> try_lock(FileHandle file) = 0;
  virtual Result<void> unlock(FileHandle file) = 0;
  // fcntl(2) F_SETLEASE. Errc::busy: a process has it open (EAGAIN); Errc::denied: not
  // ours (EACCES); Errc::unsupported: none on this file system (EINVAL). A break never
  // kills this process.
  virtual Result<void> set_lease(FileHandle file, LeaseKind kind) = 0;
  // True while the lease is whole: no process waits to break it.
  virtual Result<bool> lease_whole(FileHandle file, LeaseKind kind) = 0;
  virtual Result<void> drop_lease(FileHandle file) = 0;
};

// Owns an open file: closes it, and with it ends its locks and leases.
class File {
public:
  File() = default;
  File(Fs& fs, FileHandle handle) : fs_(&fs), handle_(handle) {}
  File(File&& other) noexcept
      : fs_(std::exchange(other.fs_, nullptr)),
        handle_(std::exchange(other.handle_, FileHandle::none)) {}
  File& operator=(File&& other) noexcept {
    if (this != &other) {
      reset();
      fs_ = std::exchange(other.fs_, nullptr);
      handle_ = std::exchange(other.handle_, FileHandle::none);
    }
    return *this;
  }
  ~File() { reset(); }

  FileHandle handle() const { return handle_; }
  explicit operator bool() const { return handle_ != FileHandle::none; }
  void reset() noexcept {
    if (handle_ != FileHandle::none) {
      fs_->close(std::exchange(handle_, FileHandle::none));
    }
  }

private:
  Fs* fs_ = nullptr;
  FileHandle handle_ = FileHandle::none;
};

// A directory that keeps its place while this lives: names in it are looked up, made and
// removed in this very directory, also after another one was moved there.
class HeldDir {
public:
  static Result<HeldDir> hold(Fs& fs, std::string path);
  HeldDir(HeldDir&& other) noexcept
      : fs_(std::exchange(other.fs_, nullptr)), path_(std::move(other.path_)),
        id_(other.id_) {}
  HeldDir& operator=(HeldDir&& other) noexcept;
  ~HeldDir();

  const DirId& id() const { return id_; }
  const std::string& path() const { return path_; }
  // Errc::changed unless its path still leads to it.
  Result<void> check() const;

private:
  HeldDir(Fs& fs, std::string path, DirId id)
      : fs_(&fs), path_(std::move(path)), id_(id) {}
  Fs* fs_ = nullptr;
  std::string path_;
  DirId id_;
};

// "a/b/c" -> "a/b"; "c" -> "."; "/c" -> "/".
std::string parent_dir(const std::string& path);
// "a/b/c" -> "c".
std::string base_name(const std::string& path);
std::string join_path(std::string_view dir, std::string_view name);

// Whether anything has that name. An error where that cannot be told: only what is not
// there is absent.
Result<bool> is_there(Fs& fs, const std::string& path);

// The whole of a small file. Errc::invalid if it is larger than `limit`.
Result<std::string> read_small(Fs& fs, const std::string& path, std::size_t limit);

// Errc::no_space if less than `min_free` bytes are left where `dir` is.
Result<void> check_space(Fs& fs, const std::string& dir, std::uint64_t min_free);

// Makes `path` and its parents as needed. An existing directory is fine.
Result<void> make_dirs(Fs& fs, const std::string& path, std::uint32_t mode);

} // namespace coldpress
