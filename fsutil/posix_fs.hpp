#pragma once

#include "fsutil/fs.hpp"
#include "fsutil/posix_fs_dirs.hpp"

namespace coldpress {

// Fs over the real system calls. Knows only which directories are held; thread-safe.
class PosixFs final : public Fs {
public:
  Result<DirId> hold_dir(const std::string& dir) override;
  void drop_dir(const std::string& dir) noexcept override;
  Result<DirId> look_up_dir(const std::string& dir) override;
  Result<FileHandle> open_read(const std::string& path) override;
  Result<FileHandle> open_lock(const std::string& path, Create create) override;
  Result<FileHandle> open_append(const std::string& path) override;
  Result<FileHandle> create_new(const std::string& path, std::uint32_t mode) override;
  Result<FileHandle> create_unnamed(const std::string& dir) override;
  void close(FileHandle file) noexcept override;
  Result<std::size_t>
  read_at(FileHandle file, std::span<std::byte> into, std::uint64_t offset) override;
  Result<void> write_at(FileHandle file,
                        std::span<const std::byte> data,
                        std::uint64_t offset) override;
  Result<std::size_t> append(FileHandle file, std::span<const std::byte> data) override;
  Result<void> truncate(FileHandle file, std::uint64_t size) override;
  Result<void> sync_file(FileHandle file) override;
  Result<void> sync_dir(const std::string& dir) override;
  Result<FileStat> stat(FileHandle file) override;
  Result<FileStat> lstat(const std::string& path) override;
  Result<void> link_handle(FileHandle file, const std::string& to) override;
  Result<void> link(const std::string& from, const std::string& to) override;
  Result<void> rename_new(const std::string& from, const std::string& to) override;
  Result<void> rename_exchange(const std::string& a, const std::string& b) override;
  Result<void> unlink(const std::string& path) override;
  Result<void> make_dir(const std::string& path, std::uint32_t mode) override;
  Result<std::vector<DirEntry>> list_dir(const std::string& path) override;
  Result<std::string> real_path(const std::string& path) override;
  Result<SpaceInfo> space(const std::string& path) override;
  Result<void> set_mtime(FileHandle file, WallTime mtime) override;
  Result<void> set_mode(FileHandle file, std::uint32_t mode) override;
  Result<void> set_owner(FileHandle file, std::uint32_t uid, std::uint32_t gid) override;
  Result<std::vector<std::string>> list_xattrs(FileHandle file) override;
  Result<std::string> get_xattr(FileHandle file, const std::string& name) override;
  Result<void>
  set_xattr(FileHandle file, const std::string& name, std::string_view value) override;
  Result<void> remove_xattr(FileHandle file, const std::string& name) override;
  Result<void>
  drop_cache(FileHandle file, std::uint64_t offset, std::uint64_t length) override;
  Result<std::uint64_t> cached_bytes(FileHandle file) override;
  Result<void> try_lock(FileHandle file) override;
  Result<void> unlock(FileHandle file) override;
  Result<void> set_lease(FileHandle file, LeaseKind kind) override;
  Result<bool> lease_whole(FileHandle file, LeaseKind kind) override;
  Result<void> drop_lease(FileHandle file) override;

private:
  Result<FileHandle>
  open_file(const std::string& path, int flags, std::uint32_t mode, std::string_view op);

  HeldDirs dirs_;
};

} // namespace coldpress
