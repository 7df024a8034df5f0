#pragma once

#include "tests/explorer/records.hpp"
#include "tests/support/pass_fs.hpp"

#include <functional>
#include <map>
#include <string>

namespace coldpress {

// The disk as one process sees it: before each call that others can notice, or whose
// answer others can change, its turn may end; and once it is dead nothing reaches the
// disk any more.
class StepFs final : public PassFs {
public:
  struct Hooks {
    // `touches`: what the call is about; `changes`: it is more than a look.
    std::function<void(Touches touches, bool changes)> before;
    std::function<bool()> dead;
    std::function<void(std::uint64_t answer)> answered;
    std::function<void(const std::string& line)> log; // empty: nobody reads it
    bool syncs_count = false;                         // someone may cut the power
    bool lock_is_shared = false; // another host's flock on the store does not reach us
  };
  StepFs(Fs& base, Hooks hooks) : PassFs(base), hooks_(std::move(hooks)) {}

  // What the kernel does when the process is gone: all it has open is closed.
  void close_all();

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
  Result<void> set_mtime(FileHandle file, WallTime mtime) override;
  Result<void> set_mode(FileHandle file, std::uint32_t mode) override;
  Result<void> try_lock(FileHandle file) override;
  Result<void> set_lease(FileHandle file, LeaseKind kind) override;
  Result<bool> lease_whole(FileHandle file, LeaseKind kind) override;
  Result<void> drop_lease(FileHandle file) override;

private:
  struct Open {
    std::string path;
    bool holds = false; // a lock or a lease that others meet
  };
  struct Effect {
    Touches touches = 0;
    bool changes = false;
  };

  template <class Call>
  auto pass(Effect effect, std::string_view op, const std::string& path, Call call)
      -> decltype(call());
  static Effect look(const std::string& path);
  static Effect change(const std::string& path, const std::string& other = {});
  Effect sync() const;
  // By handle: the file may have another name by now.
  static Touches contents(const std::string& path);
  Result<FileHandle> opened(Result<FileHandle> handle, const std::string& path);
  std::string path_of(FileHandle file) const;

  Hooks hooks_;
  std::map<FileHandle, Open> opens_;
};

} // namespace coldpress
