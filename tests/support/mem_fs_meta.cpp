#include "tests/support/mem_fs.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

// Metadata, page cache, locks and leases of MemFs.

namespace coldpress {

namespace {

constexpr std::uint64_t k_huge_disk = std::uint64_t{1} << 40U;

} // namespace

FileStat MemFs::stat_of(const MemNode& node) {
  FileStat stat;
  stat.type = node.type;
  stat.device = 1;
  stat.inode = node.inode;
  stat.size = node.type == FileType::symlink ? node.target.size() : node.seen.data.size();
  stat.allocated = node.allocated();
  stat.mtime = node.seen.mtime;
  stat.ctime = node.seen.ctime;
  stat.mode = node.seen.mode;
  stat.uid = node.seen.uid;
  stat.gid = node.seen.gid;
  stat.links = node.links;
  return stat;
}

Result<FileStat> MemFs::stat(FileHandle file) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "fstat"));
  return stat_of(*open->node);
}

Result<FileStat> MemFs::lstat(const std::string& path) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Place at, existing("lstat", path));
  return stat_of(*at.node);
}

Result<SpaceInfo> MemFs::space(const std::string& path) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Place at, find("statvfs", path, MemTree::Last::follow));
  if (!at.node) {
    return Fail(Error::from_errno(ENOENT, "statvfs", path));
  }
  const std::uint64_t total = capacity_.value_or(k_huge_disk);
  SpaceInfo space;
  space.available = total - std::min(total, tree_.used());
  space.total = total;
  space.type = "memory";
  space.known_local = true;
  return space;
}

Result<void> MemFs::owned(const Open& open, std::string_view op) const {
  if (uid_ != 0 && open.node->seen.uid != uid_) {
    return Fail(Error::from_errno(EPERM, op, open.path));
  }
  return {};
}

Result<void> MemFs::set_mtime(FileHandle file, WallTime mtime) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "futimens"));
  TRY(owned(*open, "futimens"));
  if (!is_kept(mtime)) {
    return Fail(Error::from_errno(EOVERFLOW, "futimens", open->path));
  }
  open->node->seen.mtime = mtime;
  touch(*open->node);
  return {};
}

Result<void> MemFs::set_mode(FileHandle file, std::uint32_t mode) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "fchmod"));
  TRY(owned(*open, "fchmod"));
  open->node->seen.mode = mode & 07777U;
  touch(*open->node);
  return {};
}

Result<void> MemFs::set_owner(FileHandle file, std::uint32_t uid, std::uint32_t gid) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "fchown"));
  MemContent& seen = open->node->seen;
  const bool own_group = gid == gid_ || gid == seen.gid;
  if (uid_ != 0 && (seen.uid != uid_ || uid != uid_ || !own_group)) {
    return Fail(Error::from_errno(EPERM, "fchown", open->path));
  }
  seen.uid = uid;
  seen.gid = gid;
  touch(*open->node);
  return {};
}

Result<std::vector<std::string>> MemFs::list_xattrs(FileHandle file) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "flistxattr"));
  std::vector<std::string> names;
  for (const auto& xattr : open->node->seen.xattrs) {
    names.push_back(xattr.first);
  }
  return names;
}

Result<std::string> MemFs::get_xattr(FileHandle file, const std::string& name) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "fgetxattr"));
  const auto found = open->node->seen.xattrs.find(name);
  if (found == open->node->seen.xattrs.end()) {
    return Fail(Error::from_errno(ENODATA, "fgetxattr", open->path));
  }
  return found->second;
}

Result<void>
MemFs::set_xattr(FileHandle file, const std::string& name, std::string_view value) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "fsetxattr"));
  if (!features_.xattrs) {
    return Fail(Error::from_errno(EOPNOTSUPP, "fsetxattr", open->path));
  }
  TRY(owned(*open, "fsetxattr"));
  open->node->seen.xattrs[name] = std::string(value);
  touch(*open->node);
  return {};
}

Result<void> MemFs::remove_xattr(FileHandle file, const std::string& name) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "fremovexattr"));
  TRY(owned(*open, "fremovexattr"));
  if (open->node->seen.xattrs.erase(name) == 0) {
    return Fail(Error::from_errno(ENODATA, "fremovexattr", open->path));
  }
  touch(*open->node);
  return {};
}

Result<void>
MemFs::drop_cache(FileHandle file, std::uint64_t offset, std::uint64_t length) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "posix_fadvise"));
  MemNode& node = *open->node;
  if (features_.sticky_cache || node.dirty) {
    return {};
  }
  // Only whole pages go, as in the kernel; the last page of the file counts as whole.
  const std::uint64_t size = node.seen.data.size();
  const std::uint64_t end = length == 0 ? size : std::min(offset + length, size);
  std::erase_if(node.cached_pages, [&](std::uint64_t page) {
    const std::uint64_t begin = page * MemNode::k_page;
    return begin >= offset && std::min(begin + MemNode::k_page, size) <= end;
  });
  return {};
}

Result<std::uint64_t> MemFs::cached_bytes(FileHandle file) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "mincore"));
  if (!features_.cached_bytes) {
    return Fail(Error::from_errno(EOPNOTSUPP, "mincore", open->path));
  }
  return open->node->cached_pages.size() * MemNode::k_page;
}

Result<void> MemFs::try_lock(FileHandle file) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(Open * open, open_of(file, "flock"));
  for (const auto& other : opens_) {
    if (other.second.locked && other.second.node == open->node && &other.second != open) {
      return Fail(Error::from_errno(EWOULDBLOCK, "flock", open->path));
    }
  }
  open->locked = true;
  return {};
}

Result<void> MemFs::unlock(FileHandle file) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(Open * open, open_of(file, "flock"));
  open->locked = false;
  return {};
}

bool MemFs::open_for_writing(const MemNode& node, const Open* but) const {
  const auto ours = [&](const auto& open) {
    return open.second.node.get() == &node && open.second.writes && &open.second != but;
  };
  // The kernel counts a writer before it lets it wait for the lease.
  const auto theirs = [&](const auto& writer) {
    return writer.second.node.get() == &node && writer.second.finished;
  };
  return std::any_of(opens_.begin(), opens_.end(), ours) ||
         std::any_of(writers_.begin(), writers_.end(), theirs);
}

bool MemFs::open_at_all(const MemNode& node, const Open* but) const {
  return open_for_writing(node, but) ||
         std::any_of(opens_.begin(), opens_.end(), [&](const auto& open) {
           return open.second.node.get() == &node && &open.second != but;
         });
}

Result<void> MemFs::set_lease(FileHandle file, LeaseKind kind) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(Open * open, open_of(file, "fcntl F_SETLEASE"));
  const MemNode& node = *open->node;
  const auto fail = [&](int err) {
    return Fail(Error::from_errno(err, "fcntl F_SETLEASE", open->path));
  };
  if (uid_ != 0 && node.seen.uid != uid_) {
    return fail(EACCES);
  }
  if (!features_.leases || node.type != FileType::regular) {
    return fail(EINVAL);
  }
  const bool busy =
      kind == LeaseKind::read ? open_for_writing(node, nullptr) : open_at_all(node, open);
  const bool leased_by_other =
      std::any_of(opens_.begin(), opens_.end(), [&](const auto& other) {
        return other.second.node == open->node && other.second.lease &&
               &other.second != open &&
               (kind == LeaseKind::write || *other.second.lease == LeaseKind::write ||
                other.second.lease_broken);
      });
  if (busy || leased_by_other || (open->lease && open->lease_broken)) {
    return fail(EAGAIN);
  }
  open->lease = kind;
  return {};
}

Result<bool> MemFs::lease_whole(FileHandle file, LeaseKind kind) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "fcntl F_GETLEASE"));
  return open->lease == kind && !open->lease_broken;
}

Result<void> MemFs::drop_lease(FileHandle file) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(Open * open, open_of(file, "fcntl F_SETLEASE"));
  if (!open->lease) {
    return Fail(Error::from_errno(EAGAIN, "fcntl F_SETLEASE", open->path));
  }
  open->lease.reset();
  open->lease_broken = false;
  wake_writers();
  return {};
}

bool MemFs::leased(const MemNode& node, bool against_writer) const {
  return std::any_of(opens_.begin(), opens_.end(), [&](const auto& open) {
    return open.second.node.get() == &node && open.second.lease &&
           (against_writer || *open.second.lease == LeaseKind::write);
  });
}

// True if a lease stands in the way of that open. It is broken now.
bool MemFs::break_leases(const MemNode& node, bool writes) {
  for (auto& open : opens_) {
    if (open.second.node.get() == &node && open.second.lease &&
        (writes || *open.second.lease == LeaseKind::write)) {
      open.second.lease_broken = true;
    }
  }
  return leased(node, writes);
}

} // namespace coldpress
