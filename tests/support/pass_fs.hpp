#pragma once

#include "fsutil/fs.hpp"

namespace coldpress {

// Passes every call on. Base of what lies about one of them.
class PassFs : public Fs {
public:
  explicit PassFs(Fs& base) : base_(base) {}

  Result<DirId> hold_dir(const std::string& dir) override { return base_.hold_dir(dir); }
  void drop_dir(const std::string& dir) noexcept override { base_.drop_dir(dir); }
  Result<DirId> look_up_dir(const std::string& dir) override {
    return base_.look_up_dir(dir);
  }
  Result<FileHandle> open_read(const std::string& path) override {
    return base_.open_read(path);
  }
  Result<FileHandle> open_lock(const std::string& path, Create create) override {
    return base_.open_lock(path, create);
  }
  Result<FileHandle> open_append(const std::string& path) override {
    return base_.open_append(path);
  }
  Result<FileHandle> create_new(const std::string& path, std::uint32_t mode) override {
    return base_.create_new(path, mode);
  }
  Result<FileHandle> create_unnamed(const std::string& dir) override {
    return base_.create_unnamed(dir);
  }
  void close(FileHandle file) noexcept override { base_.close(file); }
  Result<std::size_t>
  read_at(FileHandle file, std::span<std::byte> into, std::uint64_t offset) override {
    return base_.read_at(file, into, offset);
  }
  Result<void> write_at(FileHandle file,
                        std::span<const std::byte> data,
                        std::uint64_t offset) override {
    return base_.write_at(file, data, offset);
  }
  Result<std::size_t> append(FileHandle file, std::span<const std::byte> data) override {
    return base_.append(file, data);
  }
  Result<void> truncate(FileHandle file, std::uint64_t size) override {
    return base_.truncate(file, size);
  }
  Result<void> sync_file(FileHandle file) override { return base_.sync_file(file); }
  Result<void> sync_dir(const std::string& dir) override { return base_.sync_dir(dir); }
  Result<FileStat> stat(FileHandle file) override { return base_.stat(file); }
  Result<FileStat> lstat(const std::string& path) override { return base_.lstat(path); }
  Result<void> link_handle(FileHandle file, const std::string& to) override {
    return base_.link_handle(file, to);
  }
  Result<void> link(const std::string& from, const std::string& to) override {
    return base_.link(from, to);
  }
  Result<void> rename_new(const std::string& from, const std::string& to) override {
    return base_.rename_new(from, to);
  }
  Result<void> rename_exchange(const std::string& a, const std::string& b) override {
    return base_.rename_exchange(a, b);
  }
  Result<void> unlink(const std::string& path) override { return base_.unlink(path); }
  Result<void> make_dir(const std::string& path, std::uint32_t mode) override {
    return base_.make_dir(path, mode);
  }
  Result<std::vector<DirEntry>> list_dir(const std::string& path) override {
    return base_.list_dir(path);
  }
  Result<std::string> real_path(const std::string& path) override {
    return base_.real_path(path);
  }
  Result<SpaceInfo> space(const std::string& path) override { return base_.space(path); }
  Result<void> set_mtime(FileHandle file, WallTime mtime) override {
    return base_.set_mtime(file, mtime);
  }
  Result<void> set_mode(FileHandle file, std::uint32_t mode) override {
    return base_.set_mode(file, mode);
  }
  Result<void> set_owner(FileHandle file, std::uint32_t uid, std::uint32_t gid) override {
    return base_.set_owner(file, uid, gid);
  }
  Result<std::vector<std::string>> list_xattrs(FileHandle file) override {
    return base_.list_xattrs(file);
  }
  Result<std::string> get_xattr(FileHandle file, const std::string& name) override {
    return base_.get_xattr(file, name);
  }
  Result<void>
  set_xattr(FileHandle file, const std::string& name, std::string_view value) override {
    return base_.set_xattr(file, name, value);
  }
  Result<void> remove_xattr(FileHandle file, const std::string& name) override {
    return base_.remove_xattr(file, name);
  }
  Result<void>
  drop_cache(FileHandle file, std::uint64_t offset, std::uint64_t length) override {
    return base_.drop_cache(file, offset, length);
  }
  Result<std::uint64_t> cached_bytes(FileHandle file) override {
    return base_.cached_bytes(file);
  }
  Result<void> try_lock(FileHandle file) override { return base_.try_lock(file); }
  Result<void> unlock(FileHandle file) override { return base_.unlock(file); }
  Result<void> set_lease(FileHandle file, LeaseKind kind) override {
    return base_.set_lease(file, kind);
  }
  Result<bool> lease_whole(FileHandle file, LeaseKind kind) override {
    return base_.lease_whole(file, kind);
  }
  Result<void> drop_lease(FileHandle file) override { return base_.drop_lease(file); }

protected:
  Fs& base_;
};

} // namespace coldpress
