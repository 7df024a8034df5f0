#include "tests/explorer/pass_fs.hpp"

namespace coldpress {

Result<FileHandle> PassFs::open_read(const std::string& path) {
  return base_.open_read(path);
}
Result<FileHandle> PassFs::open_lock(const std::string& path, Create create) {
  return base_.open_lock(path, create);
}
Result<FileHandle> PassFs::create_new(const std::string& path, std::uint32_t mode) {
  return base_.create_new(path, mode);
}
Result<FileHandle> PassFs::create_unnamed(const std::string& dir) {
  return base_.create_unnamed(dir);
}
void PassFs::close(FileHandle file) noexcept {
  base_.close(file);
}
Result<std::size_t>
PassFs::read_at(FileHandle file, std::span<std::byte> into, std::uint64_t offset) {
  return base_.read_at(file, into, offset);
}
Result<void>
PassFs::write_at(FileHandle file, std::span<const std::byte> data, std::uint64_t offset) {
  return base_.write_at(file, data, offset);
}
Result<void> PassFs::truncate(FileHandle file, std::uint64_t size) {
  return base_.truncate(file, size);
}
Result<void> PassFs::sync_file(FileHandle file) {
  return base_.sync_file(file);
}
Result<void> PassFs::sync_dir(const std::string& dir) {
  return base_.sync_dir(dir);
}
Result<FileStat> PassFs::stat(FileHandle file) {
  return base_.stat(file);
}
Result<FileStat> PassFs::lstat(const std::string& path) {
  return base_.lstat(path);
}
Result<void> PassFs::link_handle(FileHandle file, const std::string& to) {
  return base_.link_handle(file, to);
}
Result<void> PassFs::link(const std::string& from, const std::string& to) {
  return base_.link(from, to);
}
Result<void> PassFs::rename_new(const std::string& from, const std::string& to) {
  return base_.rename_new(from, to);
}
Result<void> PassFs::rename_exchange(const std::string& a, const std::string& b) {
  return base_.rename_exchange(a, b);
}
Result<void> PassFs::unlink(const std::string& path) {
  return base_.unlink(path);
}
Result<void> PassFs::make_dir(const std::string& path, std::uint32_t mode) {
  return base_.make_dir(path, mode);
}
Result<std::vector<DirEntry>> PassFs::list_dir(const std::string& path) {
  return base_.list_dir(path);
}
Result<std::string> PassFs::real_path(const std::string& path) {
  return base_.real_path(path);
}
Result<SpaceInfo> PassFs::space(const std::string& path) {
  return base_.space(path);
}
Result<void> PassFs::set_mtime(FileHandle file, WallTime mtime) {
  return base_.set_mtime(file, mtime);
}
Result<void> PassFs::set_mode(FileHandle file, std::uint32_t mode) {
  return base_.set_mode(file, mode);
}
Result<void> PassFs::set_owner(FileHandle file, std::uint32_t uid, std::uint32_t gid) {
  return base_.set_owner(file, uid, gid);
}
Result<std::vector<std::string>> PassFs::list_xattrs(FileHandle file) {
  return base_.list_xattrs(file);
}
Result<std::string> PassFs::get_xattr(FileHandle file, const std::string& name) {
  return base_.get_xattr(file, name);
}
Result<void>
PassFs::set_xattr(FileHandle file, const std::string& name, std::string_view value) {
  return base_.set_xattr(file, name, value);
}
Result<void> PassFs::remove_xattr(FileHandle file, const std::string& name) {
  return base_.remove_xattr(file, name);
}
Result<void>
PassFs::drop_cache(FileHandle file, std::uint64_t offset, std::uint64_t length) {
  return base_.drop_cache(file, offset, length);
}
Result<std::uint64_t> PassFs::cached_bytes(FileHandle file) {
  return base_.cached_bytes(file);
}
Result<void> PassFs::try_lock(FileHandle file) {
  return base_.try_lock(file);
}
Result<void> PassFs::unlock(FileHandle file) {
  return base_.unlock(file);
}
Result<void> PassFs::set_lease(FileHandle file, LeaseKind kind) {
  return base_.set_lease(file, kind);
}
Result<bool> PassFs::lease_whole(FileHandle file, LeaseKind kind) {
  return base_.lease_whole(file, kind);
}
Result<void> PassFs::drop_lease(FileHandle file) {
  return base_.drop_lease(file);
}

} // namespace coldpress
