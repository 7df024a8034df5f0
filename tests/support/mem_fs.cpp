#include "tests/support/mem_fs.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

// Opening, contents and names. Metadata, cache, locks and leases: mem_fs_meta.cpp; what
// others do on the disk: mem_fs_outside.cpp.

namespace coldpress {

namespace {

constexpr std::uint32_t k_read = 4;
constexpr std::uint32_t k_write = 2;

Result<void> is_file(const MemNode& node, const std::string& path) {
  if (node.type == FileType::regular) {
    return {};
  }
  return node.type == FileType::symlink
             ? Fail(Error::from_errno(ELOOP, "open", path))
             : Fail(Error{Errc::invalid, 0, "open", path, {"not a regular file"}});
}

} // namespace

MemFs::MemFs(const Clock& clock) : clock_(&clock) {}

Result<MemFs::Open*> MemFs::open_of(FileHandle file, std::string_view op) {
  const auto at = opens_.find(static_cast<int>(file));
  if (at == opens_.end()) {
    return Fail(Error::from_errno(EBADF, op, ""));
  }
  return &at->second;
}

FileHandle MemFs::add_open(NodePtr node, std::string path, bool writes) {
  ++node->opens;
  Open open;
  open.node = std::move(node);
  open.path = std::move(path);
  open.writes = writes;
  const int handle = next_handle_++;
  opens_.emplace(handle, std::move(open));
  return FileHandle{handle};
}

void MemFs::release(std::map<int, Open>::iterator at) {
  --at->second.node->opens;
  opens_.erase(at);
  wake_writers();
}

MemContent MemFs::fresh(std::uint32_t mode) const {
  MemContent content;
  content.mode = mode;
  content.uid = uid_;
  content.gid = gid_;
  content.mtime = clock_->wall();
  content.ctime = clock_->wall();
  return content;
}

bool MemFs::may(const MemNode& node, std::uint32_t bits) const {
  const std::uint32_t mode = node.seen.mode;
  const std::uint32_t granted = node.seen.uid == uid_ ? mode >> 6U : mode;
  return uid_ == 0 || (granted & bits) == bits;
}

Result<MemFs::Place> MemFs::place(std::string_view op, const std::string& path) const {
  return find(op, path, MemTree::Last::keep);
}

Result<MemFs::Place> MemFs::existing(std::string_view op, const std::string& path) const {
  TRY_ASSIGN(Place at, place(op, path));
  if (!at.node) {
    return Fail(Error::from_errno(ENOENT, op, path));
  }
  return at;
}

Result<MemFs::Place> MemFs::vacant(std::string_view op, const std::string& path) const {
  TRY_ASSIGN(Place at, place(op, path));
  if (at.node) {
    return Fail(Error::from_errno(EEXIST, op, path));
  }
  if (!may(*at.dir, k_write)) {
    return Fail(Error::from_errno(EACCES, op, path));
  }
  return at;
}

// Changes names, and with them the times of the directories and of what is named.
void MemFs::set_name(std::vector<MemTree::Step> steps) {
  for (const MemTree::Step& step : steps) {
    step.dir->seen.mtime = clock_->wall();
    touch(*step.dir);
    if (step.node) {
      touch(*step.node);
    } else {
      touch(*step.dir->entries.at(step.name));
    }
  }
  tree_.change(std::move(steps));
}

Result<FileHandle> MemFs::add_file(const Place& place, std::uint32_t mode) {
  const NodePtr node = tree_.make(FileType::regular, fresh(mode));
  set_name({{place.dir, place.name, node}});
  return add_open(node, place.real, true);
}

Result<FileHandle> MemFs::open_read(const std::string& path) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Place at, existing("open", path));
  TRY(is_file(*at.node, path));
  if (!may(*at.node, k_read)) {
    return Fail(Error::from_errno(EACCES, "open", path));
  }
  if (break_leases(*at.node, false)) {
    return Fail(Error::from_errno(EWOULDBLOCK, "open", path));
  }
  return add_open(at.node, path, false);
}

Result<FileHandle> MemFs::open_lock(const std::string& path, Create create) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Place at, place("open", path));
  if (!at.node && create == Create::yes) {
    TRY(vacant("open", path));
    return add_file(at, 0644);
  }
  if (!at.node) {
    return Fail(Error::from_errno(ENOENT, "open", path));
  }
  TRY(is_file(*at.node, path));
  if (!may(*at.node, k_read | k_write)) {
    return Fail(Error::from_errno(EACCES, "open", path));
  }
  if (break_leases(*at.node, true)) {
    return Fail(Error::from_errno(EWOULDBLOCK, "open", path));
  }
  return add_open(at.node, path, true);
}

Result<FileHandle> MemFs::open_append(const std::string& path) {
  TRY_ASSIGN(const FileHandle file, open_lock(path, Create::no));
  const std::lock_guard hold(mutex_);
  opens_.at(static_cast<int>(file)).appends = true;
  return file;
}

Result<FileHandle> MemFs::create_new(const std::string& path, std::uint32_t mode) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Place at, vacant("open", path));
  return add_file(at, mode);
}

Result<FileHandle> MemFs::create_unnamed(const std::string& dir) {
  const std::lock_guard hold(mutex_);
  if (!features_.unnamed || !features_.handles_linkable) {
    return Fail(Error::from_errno(EOPNOTSUPP, "open", dir));
  }
  TRY_ASSIGN(const NodePtr in, directory("open", dir));
  if (!may(*in, k_write)) {
    return Fail(Error::from_errno(EACCES, "open", dir));
  }
  const NodePtr node = tree_.make(FileType::regular, fresh(0600));
  node->linkable = true;
  return add_open(node, dir, true);
}

void MemFs::close(FileHandle file) noexcept {
  const std::lock_guard hold(mutex_);
  const auto at = opens_.find(static_cast<int>(file));
  if (at != opens_.end()) {
    release(at);
  }
}

Result<std::size_t>
MemFs::read_at(FileHandle file, std::span<std::byte> into, std::uint64_t offset) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "pread"));
  MemNode& node = *open->node;
  if (node.type != FileType::regular) {
    return Fail(Error::from_errno(EISDIR, "pread", open->path));
  }
  std::string& data = node.seen.data;
  if (offset >= data.size()) {
    return std::size_t{0};
  }
  const std::size_t count =
      std::min<std::size_t>(into.size(), data.size() - static_cast<std::size_t>(offset));
  const std::uint64_t last = offset + count;
  std::erase_if(node.rotten, [&](std::uint64_t bad) {
    const bool from_disk = bad >= offset && bad < last &&
                           node.cached_pages.count(bad / MemNode::k_page) == 0;
    if (from_disk) {
      data[static_cast<std::size_t>(bad)] ^= 1;
    }
    return from_disk;
  });
  for (std::uint64_t at = offset / MemNode::k_page; at * MemNode::k_page < last; ++at) {
    node.cached_pages.insert(at);
  }
  std::memcpy(into.data(), data.data() + offset, count);
  return count;
}

Result<void> MemFs::grow(MemNode& node, std::uint64_t size, const std::string& path) {
  const std::size_t before = node.seen.data.size();
  node.seen.data.resize(static_cast<std::size_t>(size));
  if (capacity_ && size > before && tree_.used() > *capacity_) {
    node.seen.data.resize(before);
    return Fail(Error::from_errno(ENOSPC, "pwrite", path));
  }
  return {};
}

Result<void>
MemFs::write_at(FileHandle file, std::span<const std::byte> data, std::uint64_t offset) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "pwrite"));
  MemNode& node = *open->node;
  if (!open->writes) {
    return Fail(Error::from_errno(EBADF, "pwrite", open->path));
  }
  if (data.empty()) {
    return {};
  }
  if (offset + data.size() > node.seen.data.size()) {
    TRY(grow(node, offset + data.size(), open->path));
  }
  std::memcpy(node.seen.data.data() + offset, data.data(), data.size());
  node.seen.mtime = clock_->wall();
  touch(node);
  node.dirty = true;
  const std::uint64_t last = offset + data.size();
  for (std::uint64_t at = offset / MemNode::k_page; at * MemNode::k_page < last; ++at) {
    node.cached_pages.insert(at);
  }
  return {};
}

// Takes what there is room for, as a kernel does.
Result<std::size_t> MemFs::append(FileHandle file, std::span<const std::byte> data) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "append"));
  if (!open->appends) {
    return Fail(Error::from_errno(EBADF, "append", open->path));
  }
  MemNode& node = *open->node;
  std::uint64_t room = data.size();
  if (capacity_) {
    const std::uint64_t free = *capacity_ - std::min(*capacity_, tree_.used());
    room = node.allocated() - node.seen.data.size() +
           free / MemNode::k_page * MemNode::k_page;
  }
  data = data.first(std::min<std::uint64_t>(data.size(), room));
  if (data.empty()) {
    return Fail(Error::from_errno(ENOSPC, "append", open->path));
  }
  node.cached_pages.insert(node.seen.data.size() / MemNode::k_page);
  node.seen.data.append(reinterpret_cast<const char*>(data.data()), data.size());
  node.cached_pages.insert(node.seen.data.size() / MemNode::k_page);
  node.seen.mtime = clock_->wall();
  touch(node);
  node.dirty = true;
  return data.size();
}

Result<void> MemFs::truncate(FileHandle file, std::uint64_t size) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "ftruncate"));
  if (!open->writes) {
    return Fail(Error::from_errno(EBADF, "ftruncate", open->path));
  }
  TRY(grow(*open->node, size, open->path));
  open->node->seen.mtime = clock_->wall();
  touch(*open->node);
  open->node->dirty = true;
  return {};
}

Result<void> MemFs::sync_file(FileHandle file) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Open* open, open_of(file, "fsync"));
  if (open->node->links > 0 || features_.unnamed_sync_holds) {
    tree_.sync_node(*open->node);
  }
  open->node->dirty = false;
  return {};
}

Result<void> MemFs::sync_dir(const std::string& dir) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const NodePtr synced, directory("fsync", dir));
  tree_.sync_dir(synced);
  return {};
}

Result<void> MemFs::link_handle(FileHandle file, const std::string& to) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(Open * open, open_of(file, "linkat"));
  if (!features_.handles_linkable) {
    return Fail(Error::from_errno(EOPNOTSUPP, "linkat", to));
  }
  TRY_ASSIGN(const Place at, vacant("linkat", to));
  if (open->node->links == 0 && !open->node->linkable) {
    return Fail(Error::from_errno(ENOENT, "linkat", to)); // deleted for good
  }
  set_name({{at.dir, at.name, open->node}});
  return {};
}

Result<void> MemFs::link(const std::string& from, const std::string& to) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Place source, existing("link", from));
  if (source.node->type == FileType::directory) {
    return Fail(Error::from_errno(EPERM, "link", from));
  }
  TRY_ASSIGN(const Place at, vacant("link", to));
  set_name({{at.dir, at.name, source.node}});
  return {};
}

Result<void> MemFs::rename_new(const std::string& from, const std::string& to) {
  const std::lock_guard hold(mutex_);
  if (!features_.rename_new) {
    return Fail(Error::from_errno(EINVAL, "renameat2", to));
  }
  TRY_ASSIGN(const Place source, existing("renameat2", from));
  TRY_ASSIGN(const Place at, vacant("renameat2", to));
  if (!may(*source.dir, k_write)) {
    return Fail(Error::from_errno(EACCES, "renameat2", from));
  }
  set_name({{at.dir, at.name, source.node}, {source.dir, source.name, nullptr}});
  return {};
}

Result<void> MemFs::rename_exchange(const std::string& a, const std::string& b) {
  const std::lock_guard hold(mutex_);
  if (!features_.rename_new) {
    return Fail(Error::from_errno(EINVAL, "renameat2", b));
  }
  TRY_ASSIGN(const Place one, existing("renameat2", a));
  TRY_ASSIGN(const Place two, existing("renameat2", b));
  if (!may(*one.dir, k_write) || !may(*two.dir, k_write)) {
    return Fail(Error::from_errno(EACCES, "renameat2", a));
  }
  set_name({{one.dir, one.name, two.node}, {two.dir, two.name, one.node}});
  return {};
}

Result<void> MemFs::unlink(const std::string& path) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Place at, existing("unlink", path));
  if (at.node->type == FileType::directory) {
    return Fail(Error::from_errno(EISDIR, "unlink", path));
  }
  if (!may(*at.dir, k_write)) {
    return Fail(Error::from_errno(EACCES, "unlink", path));
  }
  set_name({{at.dir, at.name, nullptr}});
  return {};
}

Result<void> MemFs::make_dir(const std::string& path, std::uint32_t mode) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Place at, vacant("mkdir", path));
  set_name({{at.dir, at.name, tree_.make(FileType::directory, fresh(mode))}});
  return {};
}

Result<std::vector<DirEntry>> MemFs::list_dir(const std::string& path) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const NodePtr dir, directory("opendir", path));
  if (!may(*dir, k_read)) {
    return Fail(Error::from_errno(EACCES, "opendir", path));
  }
  std::vector<DirEntry> entries;
  for (const auto& entry : dir->entries) {
    entries.push_back({entry.first, entry.second->type});
  }
  return entries;
}

Result<std::string> MemFs::real_path(const std::string& path) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Place at, tree_.find("realpath", path, MemTree::Last::follow));
  if (at.node) {
    return at.real;
  }
  Error error = Error::from_errno(ENOENT, "realpath", path);
  const auto itself = tree_.find("realpath", path, MemTree::Last::keep);
  if (itself && itself->node) { // a symlink to nothing
    error.code = Errc::invalid;
  }
  return Fail(std::move(error));
}

} // namespace coldpress
