#include "tests/support/mem_tree.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <utility>

namespace coldpress {

namespace {

constexpr int k_most_symlinks = 40;

std::deque<std::string> components(const std::string& path) {
  std::deque<std::string> parts;
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (end > at) {
      parts.push_back(path.substr(at, end - at));
    }
    at = end + 1;
  }
  return parts;
}

// Directories from the root to where a walk stands, with their names.
struct Trail {
  std::vector<std::pair<std::string, NodePtr>> dirs;

  NodePtr node() const { return dirs.back().second; }
  std::string path() const {
    std::string all;
    for (const auto& dir : dirs) {
      all += dir.first.empty() ? "" : "/" + dir.first;
    }
    return all.empty() ? "/" : all;
  }
  void up() {
    if (dirs.size() > 1) {
      dirs.pop_back();
    }
  }
};

NodePtr child(const MemNode& dir, const std::string& name) {
  const auto found = dir.entries.find(name);
  return found == dir.entries.end() ? nullptr : found->second;
}

void set_entry(std::map<std::string, NodePtr>& entries, const MemTree::Step& step) {
  if (step.node) {
    entries[step.name] = step.node;
  } else {
    entries.erase(step.name);
  }
}

void visit_below(const MemNode& dir,
                 const std::string& path,
                 const std::function<void(const std::string&, const NodePtr&)>& see) {
  for (const auto& entry : dir.entries) {
    const std::string below = path + "/" + entry.first;
    see(below, entry.second);
    visit_below(*entry.second, below, see);
  }
}

} // namespace

MemTree::MemTree() {
  root_ = std::make_shared<MemNode>();
  root_->type = FileType::directory;
  root_->inode = 1;
  root_->links = 1;
  root_->seen.mode = 0777;
}

NodePtr MemTree::make(FileType type, MemContent content) {
  auto node = std::make_shared<MemNode>();
  node->type = type;
  node->inode = next_inode_++;
  node->seen = std::move(content);
  nodes_.push_back(node);
  return node;
}

Result<MemTree::Place>
MemTree::find(std::string_view op, const std::string& path, Last last) const {
  std::deque<std::string> rest = components(path);
  Trail trail{{{"", root_}}};
  for (int symlinks = 0; !rest.empty();) {
    const std::string name = rest.front();
    rest.pop_front();
    if (trail.node()->type != FileType::directory) {
      return Fail(Error::from_errno(ENOTDIR, op, path));
    }
    if (name == "..") {
      trail.up();
    }
    if (name == "." || name == "..") {
      continue;
    }
    const NodePtr node = child(*trail.node(), name);
    const bool at_end = rest.empty();
    if (node && node->type == FileType::symlink && (!at_end || last == Last::follow)) {
      if (++symlinks > k_most_symlinks) {
        return Fail(Error::from_errno(ELOOP, op, path));
      }
      const std::deque<std::string> target = components(node->target);
      rest.insert(rest.begin(), target.begin(), target.end());
      if (node->target.starts_with('/')) {
        trail.dirs.resize(1);
      }
      continue;
    }
    if (at_end) {
      return Place{trail.node(), name, node, join_path(trail.path(), name)};
    }
    if (!node) {
      return Fail(Error::from_errno(ENOENT, op, path));
    }
    trail.dirs.emplace_back(name, node);
  }
  return Place{nullptr, "", trail.node(), trail.path()};
}

Result<MemTree::Place> MemTree::find_below(std::string_view op,
                                           const NodePtr& dir,
                                           const std::string& path,
                                           std::size_t begin,
                                           Last last) {
  std::deque<std::string> rest = components(path.substr(begin));
  std::erase(rest, ".");
  Place at{nullptr, "", dir, path};
  while (!rest.empty()) {
    if (at.node == nullptr || at.node->type == FileType::symlink) {
      return Fail(Error::from_errno(at.node ? ELOOP : ENOENT, op, path));
    }
    if (rest.front() == "..") {
      return Fail(Error{Errc::invalid, 0, op, path, {}});
    }
    if (at.node->type != FileType::directory) {
      return Fail(Error::from_errno(ENOTDIR, op, path));
    }
    at.dir = at.node;
    at.name = rest.front();
    at.node = child(*at.dir, at.name);
    rest.pop_front();
  }
  if (last == Last::follow && at.node && at.node->type == FileType::symlink) {
    return Fail(Error::from_errno(ELOOP, op, path));
  }
  return at;
}

void MemTree::change(std::vector<Step> steps) {
  for (const Step& step : steps) {
    if (const NodePtr before = child(*step.dir, step.name)) {
      --before->links;
    }
    if (step.node) {
      ++step.node->links;
      step.node->linkable = false;
    }
    set_entry(step.dir->entries, step);
  }
  journal_.push_back(std::move(steps));
}

void MemTree::sync_dir(const NodePtr& dir) {
  for (Change& change : journal_) {
    for (const Step& step : change) {
      if (step.dir == dir) {
        set_entry(dir->durable_entries, step);
      }
    }
    std::erase_if(change, [&dir](const Step& step) { return step.dir == dir; });
  }
  std::erase_if(journal_, [](const Change& change) { return change.empty(); });
}

void MemTree::sync_name(const NodePtr& dir, const std::string& name) {
  const auto names_it = [&](const Step& step) {
    return step.dir == dir && step.name == name;
  };
  const auto touches_it = [&](const Change& change) {
    return std::any_of(change.begin(), change.end(), names_it);
  };
  const auto first = std::find_if(journal_.begin(), journal_.end(), touches_it);
  if (first != journal_.end() && first->size() == 1 &&
      std::none_of(first + 1, journal_.end(), touches_it)) {
    set_entry(dir->durable_entries, first->front());
    journal_.erase(first);
  }
}

void MemTree::sync_node(MemNode& node) const {
  node.durable = node.seen;
  node.dirty = false;
}

void MemTree::sync_all() {
  for (const Change& change : journal_) {
    for (const Step& step : change) {
      set_entry(step.dir->durable_entries, step);
    }
  }
  journal_.clear();
  visit_nodes([this](MemNode& node) { sync_node(node); });
}

bool MemTree::kept(const Change& change, Unsynced mode, std::mt19937_64& coin) {
  switch (mode) {
  case Unsynced::drop_all:
    return false;
  case Unsynced::keep_all:
    return true;
  case Unsynced::random:
    return coin() % 2 == 0;
  case Unsynced::removals_only:
    break;
  }
  return std::any_of(
      change.begin(), change.end(), [](const Step& step) { return !step.node; });
}

void MemTree::cut(Unsynced mode, std::uint64_t seed) {
  std::mt19937_64 coin(seed);
  // What happened to a name after a change that was lost is lost, too: a directory
  // never shows the later of two states without the earlier.
  Touched lost;
  for (const Change& change : journal_) {
    const bool after_a_loss =
        std::any_of(change.begin(), change.end(), [&lost](const Step& step) {
          return lost.count({step.dir.get(), step.name}) != 0;
        });
    const bool keep = kept(change, mode, coin) && !after_a_loss;
    for (const Step& step : change) {
      if (keep) {
        set_entry(step.dir->durable_entries, step);
      } else {
        lost.insert({step.dir.get(), step.name});
      }
    }
  }
  journal_.clear();
  visit_nodes([](MemNode& node) { node.links = 0; });
  restore(root_, mode, coin);
}

void MemTree::restore(const NodePtr& dir, Unsynced mode, std::mt19937_64& coin) {
  dir->entries = dir->durable_entries;
  for (const auto& entry : dir->entries) {
    MemNode& node = *entry.second;
    if (node.links++ > 0) {
      continue;
    }
    MemContent old = node.seen;
    old.data.clear();
    old = node.durable.value_or(std::move(old));
    const std::uint64_t toss = mode == Unsynced::random ? coin() % 3 : 0;
    if (toss == 2 && node.seen.data.size() > old.data.size()) { // torn
      const std::size_t more = node.seen.data.size() - old.data.size();
      old.data = node.seen.data.substr(0, old.data.size() + coin() % (more + 1));
    }
    if (toss != 1 && node.type == FileType::regular) {
      node.seen = std::move(old);
    }
    node.durable = node.seen;
    node.dirty = false;
    node.cached_pages.clear();
    if (node.type == FileType::directory) {
      restore(entry.second, mode, coin);
    }
  }
}

std::uint64_t MemTree::used() const {
  std::uint64_t bytes = 0;
  visit_nodes([&bytes](MemNode& node) {
    bytes += node.links + node.opens > 0 ? node.allocated() : 0;
  });
  return bytes;
}

void MemTree::visit(
    const std::function<void(const std::string&, const NodePtr&)>& see) const {
  visit_below(*root_, "", see);
}

void MemTree::visit_nodes(const std::function<void(MemNode&)>& see) const {
  for (const std::weak_ptr<MemNode>& weak : nodes_) {
    if (const NodePtr node = weak.lock()) {
      see(*node);
    }
  }
}

} // namespace coldpress
