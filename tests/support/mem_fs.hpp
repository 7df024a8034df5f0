#pragma once

#include "fsutil/fs.hpp"
#include "tests/support/mem_tree.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// What this file system can do; all on is ext4 on Linux.
struct MemFeatures {
  bool unnamed = true;          // O_TMPFILE
  bool handles_linkable = true; // linkat of a descriptor
  bool rename_new = true;       // renameat2 with flags
  bool leases = true;
  bool xattrs = true;
  bool cached_bytes = true;
  bool sticky_cache = false;       // drop_cache() succeeds and drops nothing
  bool unnamed_sync_holds = false; // false as on btrfs: sync_file() on a file that has
                                   // no name yet does not make it durable
};

// A file system in memory that keeps apart what processes see and what a power cut
// leaves: contents are durable by sync_file(), names by sync_dir(). It is as unkind as
// POSIX allows. Times come from the clock and move only with it. Paths are absolute;
// the root exists. Two sorts of processes use it: ours, through Fs, and a writer that
// knows no lock, through the Writer calls.
//
// Unlike a kernel it never blocks: an open through Fs that conflicts with a lease
// breaks it and answers Errc::busy.
//
// Thread-safe, but for set_features().
class MemFs final : public Fs {
public:
  explicit MemFs(const Clock& clock);

  // --- the machine

  void set_features(const MemFeatures& features) { features_ = features; }
  // Who calls; the caller's own files are made with it. Starts as 1000, 1000; 0 is root.
  void set_user(std::uint32_t uid, std::uint32_t gid);
  // Bytes the disk holds. Files there already stay.
  void set_capacity(std::uint64_t bytes);
  // All processes die; only what was synced comes back, and what `mode` keeps.
  void power_cut(Unsynced mode = Unsynced::drop_all, std::uint64_t seed = 0);
  // kill -9 of our process: its handles are closed, nothing is lost.
  void kill_process();
  // As sync(1): everything seen so far is durable.
  void sync_all();
  // That byte is wrong on the disk; the page cache still has the right one.
  void rot(const std::string& path, std::uint64_t offset);
  void rot_unnamed(std::uint64_t offset);

  // --- files, as somebody else would find or leave them

  // A file with these bytes, durable at once, with parents as needed; an existing one
  // keeps its inode. mtime is now if not said, ctime always now.
  void put(const std::string& path,
           std::string_view bytes,
           std::optional<WallTime> mtime = {});
  void put_dir(const std::string& path);
  // As rename(2) of another process: a file or a whole directory, onto a free name.
  void move(const std::string& from, const std::string& to);
  void take_away(const std::string& path); // whatever has that name
  // As by a bind mount: the directory `from` is also at `to`, a free name.
  void mount(const std::string& from, const std::string& to);
  void put_symlink(const std::string& path, const std::string& target);
  void put_special(const std::string& path); // a FIFO, say
  void set_times(const std::string& path, WallTime mtime, WallTime ctime);
  void set_owner_of(const std::string& path, std::uint32_t uid, std::uint32_t gid);
  void set_mode_of(const std::string& path, std::uint32_t mode);
  void set_xattr_of(const std::string& path,
                    const std::string& name,
                    const std::string& value);

  // Empty if there is no such file. get() follows no symlink.
  std::string get(const std::string& path) const;
  bool exists(const std::string& path) const;
  // Names in a directory, sorted; empty if there is none.
  std::vector<std::string> names(const std::string& dir) const;
  // Bytes of every regular file, by path.
  std::map<std::string, std::string> snapshot() const;
  // Handles our process has open.
  std::size_t open_handles() const;

  // --- the whole of it as a value

  // Another disk in the same state, with the same handles and writers open.
  std::unique_ptr<MemFs> clone(const Clock& clock) const;
  // Equal for two states in which the same calls give the same answers, but for the
  // numbers of handles and the times of directories; with `durable` also after a power
  // cut. Different states are equal only by accident (64 bits).
  std::uint64_t digest(bool durable) const;

  // --- a writer that takes no locks

  enum class Writer : int { none = -1 };
  enum class Opened : std::uint8_t { yes, waits };

  // Opens for appending, writes, closes. Where a lease stands in the way it is broken
  // and the writer waits; its bytes arrive when the lease goes. Errc::not_found if
  // there is no such file.
  Result<Opened> append(const std::string& path, std::string_view bytes);
  // The two halves of that open: the path is resolved to its inode here, and nobody
  // can tell; ...
  Result<Writer> open_for_append_resolve(const std::string& path);
  // The same for an open of /proc/self/fd/`file`: that file, whatever its name is now.
  Writer open_again_resolve(FileHandle file);
  // ... here the open meets the leases and breaks them. `waits`: it comes back by
  // itself when they go.
  Opened finish_open(Writer writer);
  // Written at once, or when the open comes back. The open must have been finished.
  void append_to(Writer writer, std::string_view bytes);
  // In place. The open must have come back.
  void overwrite(Writer writer, std::uint64_t offset, std::string_view bytes);
  void close_writer(Writer writer);
  // Its fsync(): the bytes written so far are durable, the name is not.
  void sync_writer(Writer writer);
  // That one name is durable, as a journal would have it, unless an older change of it
  // still waits.
  void sync_name_of(const std::string& path);

  // --- Fs

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
  // An open file description.
  struct Open {
    NodePtr node;
    std::string path;
    bool writes = false;
    bool appends = false;
    bool locked = false;
    std::optional<LeaseKind> lease;
    bool lease_broken = false;
  };
  // A writer in its open() or past it.
  struct Foreign {
    NodePtr node;
    bool finished = false; // reached the leases
    bool opened = false;   // got past them
    bool closing = false;
    std::string queued;
  };
  using Place = MemTree::Place;
  struct Held {
    NodePtr dir;
    std::size_t count = 0;
  };

  // By way of the nearest held directory at or above `path`; `above`: not of itself.
  Result<Place> find(std::string_view op,
                     const std::string& path,
                     MemTree::Last last,
                     bool above = false) const;
  Result<NodePtr>
  directory(std::string_view op, const std::string& path, bool above = false) const;
  Result<Open*> open_of(FileHandle file, std::string_view op);
  FileHandle add_open(NodePtr node, std::string path, bool writes);
  Result<FileHandle> add_file(const Place& place, std::uint32_t mode);
  void release(std::map<int, Open>::iterator at);
  MemContent fresh(std::uint32_t mode) const;
  static FileStat stat_of(const MemNode& node);
  void touch(MemNode& node) const { node.seen.ctime = clock_->wall(); }
  bool may(const MemNode& node, std::uint32_t bits) const;
  Result<Place> place(std::string_view op, const std::string& path) const;
  Result<Place> existing(std::string_view op, const std::string& path) const;
  // The free name `path`, in a directory we may write.
  Result<Place> vacant(std::string_view op, const std::string& path) const;
  Result<void> owned(const Open& open, std::string_view op) const;
  void set_name(std::vector<MemTree::Step> steps);
  Result<void> grow(MemNode& node, std::uint64_t size, const std::string& path);
  bool open_for_writing(const MemNode& node, const Open* but) const;
  bool open_at_all(const MemNode& node, const Open* but) const;
  bool break_leases(const MemNode& node, bool writes);
  bool leased(const MemNode& node, bool against_writer) const;
  void wake_writers();
  void write_queued(Foreign& writer);
  Writer add_writer(NodePtr node);
  NodePtr put_node(const std::string& path, FileType type);
  NodePtr put_parent(const std::string& path);
  NodePtr node_at(const std::string& path) const;

  mutable std::mutex mutex_;
  const Clock* clock_;
  MemTree tree_;
  MemFeatures features_;
  std::map<int, Open> opens_;
  std::map<int, Foreign> writers_;
  std::map<std::string, Held> held_;
  int next_handle_ = 1000; // never used again, so that a stale one is noticed
  std::uint32_t uid_ = 1000;
  std::uint32_t gid_ = 1000;
  std::optional<std::uint64_t> capacity_;
};

} // namespace coldpress
