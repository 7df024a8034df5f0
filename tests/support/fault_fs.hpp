#pragma once

#include "fsutil/fs.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// Passes every call on to another Fs, except what a test arms. Calls are counted from
// 0 in the order they come; close() is logged but not counted, as it cannot fail.
// Thread-safe.
class FaultFs final : public Fs {
public:
  struct Call {
    std::string op;   // the method's name
    std::string path; // of a handle: the path it was opened or last linked with
    std::string to;   // second path of link, link_handle and the renames
  };
  enum class Repeat : std::uint8_t { once, forever };
  using Hook = std::function<void(std::string_view op, const std::string& path)>;

  explicit FaultFs(Fs& base) : base_(&base) {}

  // Call `nth` fails; `forever`: and every one after it.
  void fail_call(int nth, Errc code, int sys = 0, Repeat repeat = Repeat::once);
  // The next call of this method fails (or every one).
  void fail_op(std::string_view op, Errc code, int sys = 0, Repeat repeat = Repeat::once);
  // The next appends take only so many bytes each, at least 1.
  void cut_appends(std::deque<std::size_t> bytes);
  // From call `nth` on nothing reaches the disk: the process is dead, but its
  // destructors still run here and find their calls refused. close() passes, as the
  // kernel closes what a dead process had open.
  void freeze_from(int nth);
  // Called before each call that is not refused, outside any lock; may use the base.
  void set_hook(Hook hook);
  // Takes back everything armed, and forgets count and log.
  void reset();

  int calls() const;
  bool frozen() const;
  std::vector<Call> log() const;
  // Position in the log of the first such call at or after `from`.
  std::optional<std::size_t>
  find(std::string_view op, const std::string& path, std::size_t from = 0) const;

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
  struct Armed {
    int nth = -1;   // by number, or ...
    std::string op; // ... by method
    Errc code = Errc::io;
    int sys = 0;
    Repeat repeat = Repeat::once;
  };

  Result<void> gate(std::string_view op, const std::string& path, std::string to = {});
  std::optional<Error> refusal(std::string_view op, int call);
  std::string path_of(FileHandle file) const;
  Result<FileHandle> named(Result<FileHandle> opened, std::string path);

  Fs* base_;
  std::deque<std::size_t> append_cuts_;
  mutable std::mutex mutex_;
  int calls_ = 0;
  std::optional<int> freeze_;
  std::vector<Armed> armed_;
  Hook hook_;
  std::vector<Call> log_;
  std::map<int, std::string> paths_;
};

} // namespace coldpress
