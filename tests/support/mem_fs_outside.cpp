#include "tests/support/mem_fs.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

// What happens to MemFs from outside: power cuts, other people's files, a writer that
// takes no locks.

namespace coldpress {

void MemFs::set_user(std::uint32_t uid, std::uint32_t gid) {
  const std::lock_guard hold(mutex_);
  uid_ = uid;
  gid_ = gid;
}

void MemFs::set_capacity(std::uint64_t bytes) {
  const std::lock_guard hold(mutex_);
  capacity_ = bytes;
}

void MemFs::power_cut(Unsynced mode, std::uint64_t seed) {
  const std::lock_guard hold(mutex_);
  for (const auto& open : opens_) {
    --open.second.node->opens;
  }
  for (const auto& writer : writers_) {
    --writer.second.node->opens;
  }
  opens_.clear();
  writers_.clear();
  tree_.cut(mode, seed);
}

void MemFs::kill_process() {
  const std::lock_guard hold(mutex_);
  while (!opens_.empty()) {
    release(opens_.begin());
  }
  held_.clear();
}

void MemFs::sync_all() {
  const std::lock_guard hold(mutex_);
  tree_.sync_all();
}

void MemFs::rot(const std::string& path, std::uint64_t offset) {
  const std::lock_guard hold(mutex_);
  if (const NodePtr node = node_at(path)) {
    node->rotten.insert(offset);
  }
}

void MemFs::rot_unnamed(std::uint64_t offset) {
  const std::lock_guard hold(mutex_);
  tree_.visit_nodes([offset](MemNode& node) {
    if (node.linkable) {
      node.rotten.insert(offset);
    }
  });
}

NodePtr MemFs::node_at(const std::string& path) const {
  const auto at = place("find", path);
  return at ? at->node : nullptr;
}

// A directory and its parents, made as needed and durable.
NodePtr MemFs::put_parent(const std::string& path) {
  if (const NodePtr there = node_at(path)) {
    return there;
  }
  put_parent(parent_dir(path));
  const auto at = place("put", path);
  if (!at || !at->dir) {
    std::abort(); // the test itself is wrong: a file stands where it wants a directory
  }
  const NodePtr node = tree_.make(FileType::directory, fresh(0755));
  tree_.change({{at->dir, at->name, node}});
  tree_.sync_name(at->dir, at->name);
  return node;
}

NodePtr MemFs::put_node(const std::string& path, FileType type) {
  // From outside, whatever directory is held by that name.
  if (const auto there = tree_.find("put", path, MemTree::Last::keep);
      there && there->node) {
    return there->node;
  }
  const NodePtr dir = put_parent(parent_dir(path));
  const NodePtr node = tree_.make(type, fresh(type == FileType::symlink ? 0777 : 0644));
  tree_.change({{dir, base_name(path), node}});
  tree_.sync_name(dir, base_name(path));
  return node;
}

void MemFs::put(const std::string& path,
                std::string_view bytes,
                std::optional<WallTime> mtime) {
  const std::lock_guard hold(mutex_);
  const NodePtr node = put_node(path, FileType::regular);
  node->seen.data = std::string(bytes);
  node->seen.mtime = mtime.value_or(clock_->wall());
  touch(*node);
  node->cached_pages.clear();
  tree_.sync_node(*node);
}

void MemFs::put_dir(const std::string& path) {
  const std::lock_guard hold(mutex_);
  put_parent(path);
}

void MemFs::move(const std::string& from, const std::string& to) {
  const std::lock_guard hold(mutex_);
  const Place source = tree_.find("rename", from, MemTree::Last::keep).value();
  const Place target = tree_.find("rename", to, MemTree::Last::keep).value();
  tree_.change(
      {{target.dir, target.name, source.node}, {source.dir, source.name, nullptr}});
}

void MemFs::take_away(const std::string& path) {
  const std::lock_guard hold(mutex_);
  const Place at = tree_.find("unlink", path, MemTree::Last::keep).value();
  tree_.change({{at.dir, at.name, nullptr}});
}

void MemFs::mount(const std::string& from, const std::string& to) {
  const std::lock_guard hold(mutex_);
  const NodePtr node = node_at(from);
  const NodePtr dir = put_parent(parent_dir(to));
  tree_.change({{dir, base_name(to), node}});
  tree_.sync_name(dir, base_name(to));
}

void MemFs::put_symlink(const std::string& path, const std::string& target) {
  const std::lock_guard hold(mutex_);
  put_node(path, FileType::symlink)->target = target;
}

void MemFs::put_special(const std::string& path) {
  const std::lock_guard hold(mutex_);
  put_node(path, FileType::other);
}

void MemFs::set_times(const std::string& path, WallTime mtime, WallTime ctime) {
  const std::lock_guard hold(mutex_);
  if (const NodePtr node = node_at(path)) {
    node->seen.mtime = mtime;
    node->seen.ctime = ctime;
    if (node->durable) {
      node->durable->mtime = mtime;
      node->durable->ctime = ctime;
    }
  }
}

void MemFs::set_owner_of(const std::string& path, std::uint32_t uid, std::uint32_t gid) {
  const std::lock_guard hold(mutex_);
  if (const NodePtr node = node_at(path)) {
    node->seen.uid = uid;
    node->seen.gid = gid;
    touch(*node);
  }
}

void MemFs::set_mode_of(const std::string& path, std::uint32_t mode) {
  const std::lock_guard hold(mutex_);
  if (const NodePtr node = node_at(path)) {
    node->seen.mode = mode;
    touch(*node);
  }
}

void MemFs::set_xattr_of(const std::string& path,
                         const std::string& name,
                         const std::string& value) {
  const std::lock_guard hold(mutex_);
  if (const NodePtr node = node_at(path)) {
    node->seen.xattrs[name] = value;
    touch(*node);
  }
}

std::string MemFs::get(const std::string& path) const {
  const std::lock_guard hold(mutex_);
  const NodePtr node = node_at(path);
  return node ? node->seen.data : std::string();
}

bool MemFs::exists(const std::string& path) const {
  const std::lock_guard hold(mutex_);
  return node_at(path) != nullptr;
}

std::vector<std::string> MemFs::names(const std::string& dir) const {
  const std::lock_guard hold(mutex_);
  std::vector<std::string> names;
  if (const NodePtr node = node_at(dir)) {
    for (const auto& entry : node->entries) {
      names.push_back(entry.first);
    }
  }
  return names;
}

std::map<std::string, std::string> MemFs::snapshot() const {
  const std::lock_guard hold(mutex_);
  std::map<std::string, std::string> files;
  tree_.visit([&files](const std::string& path, const NodePtr& node) {
    if (node->type == FileType::regular) {
      files[path] = node->seen.data;
    }
  });
  return files;
}

std::size_t MemFs::open_handles() const {
  const std::lock_guard hold(mutex_);
  return opens_.size();
}

Result<MemFs::Writer> MemFs::open_for_append_resolve(const std::string& path) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const Place at, existing("open", path));
  if (at.node->type != FileType::regular) {
    return Fail(Error::from_errno(EISDIR, "open", path));
  }
  return add_writer(at.node);
}

MemFs::Writer MemFs::open_again_resolve(FileHandle file) {
  const std::lock_guard hold(mutex_);
  return add_writer(opens_.at(static_cast<int>(file)).node);
}

MemFs::Writer MemFs::add_writer(NodePtr node) {
  ++node->opens;
  Foreign writer;
  writer.node = std::move(node);
  writers_.emplace(next_handle_, std::move(writer));
  return Writer{next_handle_++};
}

MemFs::Opened MemFs::finish_open(Writer writer) {
  const std::lock_guard hold(mutex_);
  Foreign& opening = writers_.at(static_cast<int>(writer));
  opening.finished = true;
  opening.opened = opening.opened || !break_leases(*opening.node, true);
  return opening.opened ? Opened::yes : Opened::waits;
}

void MemFs::append_to(Writer writer, std::string_view bytes) {
  const std::lock_guard hold(mutex_);
  Foreign& open = writers_.at(static_cast<int>(writer));
  if (!open.finished) {
    std::abort(); // the test itself is wrong: see finish_open()
  }
  open.queued += bytes;
  write_queued(open);
}

void MemFs::write_queued(Foreign& writer) {
  if (!writer.opened || writer.queued.empty()) {
    return;
  }
  MemNode& node = *writer.node;
  node.cached_pages.insert(node.seen.data.size() / MemNode::k_page);
  node.seen.data += std::exchange(writer.queued, {});
  node.seen.mtime = clock_->wall();
  touch(node);
  node.dirty = true;
}

void MemFs::overwrite(Writer writer, std::uint64_t offset, std::string_view bytes) {
  const std::lock_guard hold(mutex_);
  const Foreign& open = writers_.at(static_cast<int>(writer));
  MemNode& node = *open.node;
  if (!open.opened || offset + bytes.size() > node.seen.data.size()) {
    std::abort(); // the test itself is wrong
  }
  node.cached_pages.insert(offset / MemNode::k_page);
  node.seen.data.replace(offset, bytes.size(), bytes);
  node.seen.mtime = clock_->wall();
  touch(node);
  node.dirty = true;
}

void MemFs::close_writer(Writer writer) {
  const std::lock_guard hold(mutex_);
  writers_.at(static_cast<int>(writer)).closing = true;
  wake_writers();
}

// Opens that waited for a lease come back, and closed writers go.
void MemFs::wake_writers() {
  for (auto at = writers_.begin(); at != writers_.end();) {
    Foreign& writer = at->second;
    writer.opened = writer.opened || (writer.finished && !leased(*writer.node, true));
    write_queued(writer);
    if (writer.closing && (writer.opened || !writer.finished)) {
      --writer.node->opens;
      at = writers_.erase(at);
    } else {
      ++at;
    }
  }
}

Result<MemFs::Opened> MemFs::append(const std::string& path, std::string_view bytes) {
  TRY_ASSIGN(const Writer writer, open_for_append_resolve(path));
  const Opened opened = finish_open(writer);
  append_to(writer, bytes);
  close_writer(writer);
  return opened;
}

} // namespace coldpress
