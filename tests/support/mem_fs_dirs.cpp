#include "tests/support/mem_fs.hpp"

#include <cerrno>

// Held directories of MemFs, and the way from a path to a node.

namespace coldpress {

Result<MemFs::Place> MemFs::find(std::string_view op,
                                 const std::string& path,
                                 MemTree::Last last,
                                 bool above) const {
  for (std::size_t end = above ? path.rfind('/') : path.size();
       end != 0 && end != std::string::npos;
       end = path.rfind('/', end - 1)) {
    const auto held = held_.find(path.substr(0, end));
    if (held != held_.end()) {
      return MemTree::find_below(op, held->second.dir, path, end, last);
    }
  }
  return tree_.find(op, path, last);
}

Result<NodePtr>
MemFs::directory(std::string_view op, const std::string& path, bool above) const {
  TRY_ASSIGN(const Place at, find(op, path, MemTree::Last::follow, above));
  if (!at.node || at.node->type != FileType::directory) {
    return Fail(Error::from_errno(at.node ? ENOTDIR : ENOENT, op, path));
  }
  return at.node;
}

Result<DirId> MemFs::hold_dir(const std::string& dir) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const NodePtr node, directory("hold directory", dir));
  Held& held = held_[dir];
  held.dir = node;
  held.count += 1;
  return DirId{1, node->inode};
}

void MemFs::drop_dir(const std::string& dir) noexcept {
  const std::lock_guard hold(mutex_);
  const auto held = held_.find(dir);
  if (held != held_.end() && --held->second.count == 0) {
    held_.erase(held);
  }
}

Result<DirId> MemFs::look_up_dir(const std::string& dir) {
  const std::lock_guard hold(mutex_);
  TRY_ASSIGN(const NodePtr node, directory("look up directory", dir, true));
  return DirId{1, node->inode};
}

} // namespace coldpress
