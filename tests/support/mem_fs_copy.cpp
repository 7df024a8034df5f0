#include "tests/support/mem_fs.hpp"

#include <functional>
#include <utility>

// A MemFs as a value: copied, or told apart from another by a number.

namespace coldpress {

namespace {

class Digest {
public:
  Digest& add(std::uint64_t value) {
    // splitmix64
    state_ += value + 0x9e3779b97f4a7c15U;
    state_ = (state_ ^ (state_ >> 30U)) * 0xbf58476d1ce4e5b9U;
    state_ = (state_ ^ (state_ >> 27U)) * 0x94d049bb133111ebU;
    state_ ^= state_ >> 31U;
    return *this;
  }
  Digest& add(const std::string& text) {
    return add(std::hash<std::string>{}(text)).add(text.size());
  }
  Digest& add(const MemContent& content) {
    add(content.data).add(content.mode).add(content.uid);
    add(static_cast<std::uint64_t>(content.mtime.time_since_epoch().count()));
    return add(static_cast<std::uint64_t>(content.ctime.time_since_epoch().count()));
  }
  Digest& add(const std::map<std::string, NodePtr>& names) {
    for (const auto& name : names) {
      add(name.first).add(name.second->inode);
    }
    return add(names.size());
  }
  std::uint64_t value() const { return state_; }

private:
  std::uint64_t state_ = 0;
};

} // namespace

MemTree MemTree::clone(Twins& twins) const {
  MemTree copy;
  copy.next_inode_ = next_inode_;
  twins[root_.get()] = copy.root_;
  *copy.root_ = *root_;
  for (const std::weak_ptr<MemNode>& weak : nodes_) {
    if (const NodePtr node = weak.lock()) {
      const NodePtr twin = std::make_shared<MemNode>(*node);
      twins[node.get()] = twin;
      copy.nodes_.push_back(twin);
    }
  }
  for (const auto& twin : twins) {
    for (auto* names : {&twin.second->entries, &twin.second->durable_entries}) {
      for (auto& name : *names) {
        name.second = twins.at(name.second.get());
      }
    }
  }
  copy.journal_ = journal_;
  for (Change& change : copy.journal_) {
    for (Step& step : change) {
      step.dir = twins.at(step.dir.get());
      step.node = step.node ? twins.at(step.node.get()) : nullptr;
    }
  }
  return copy;
}

std::uint64_t MemTree::digest(bool durable) const {
  Digest all;
  visit([&all](const std::string& path, const NodePtr& node) {
    all.add(path).add(node->inode);
    if (node->type == FileType::regular) {
      all.add(node->seen);
    }
  });
  if (!durable) {
    return all.value();
  }
  visit_nodes([&all](MemNode& node) {
    all.add(node.inode).add(node.durable_entries);
    if (node.type == FileType::regular && node.durable) {
      all.add(*node.durable);
    }
  });
  for (const Change& change : journal_) {
    for (const Step& step : change) {
      all.add(step.dir->inode).add(step.name).add(step.node ? step.node->inode : 0);
    }
    all.add(change.size());
  }
  return all.value();
}

std::unique_ptr<MemFs> MemFs::clone(const Clock& clock) const {
  const std::lock_guard hold(mutex_);
  auto copy = std::make_unique<MemFs>(clock);
  MemTree::Twins twins;
  copy->tree_ = tree_.clone(twins);
  copy->features_ = features_;
  copy->opens_ = opens_;
  for (auto& open : copy->opens_) {
    open.second.node = twins.at(open.second.node.get());
  }
  copy->writers_ = writers_;
  for (auto& writer : copy->writers_) {
    writer.second.node = twins.at(writer.second.node.get());
  }
  copy->held_ = held_;
  for (auto& held : copy->held_) {
    held.second.dir = twins.at(held.second.dir.get());
  }
  copy->next_handle_ = next_handle_;
  copy->uid_ = uid_;
  copy->gid_ = gid_;
  copy->capacity_ = capacity_;
  return copy;
}

std::uint64_t MemFs::digest(bool durable) const {
  const std::lock_guard hold(mutex_);
  // Whose handle came first does not matter, so the parts are summed.
  std::uint64_t sum = 0;
  for (const auto& entry : opens_) {
    const Open& open = entry.second;
    const std::uint64_t lease =
        open.lease ? 1 + static_cast<std::uint64_t>(*open.lease) : 0;
    Digest part;
    part.add(open.node->inode).add(open.writes ? 1 : 0).add(open.locked ? 1 : 0);
    sum += part.add(lease).add(open.lease_broken ? 1 : 0).value();
  }
  for (const auto& entry : writers_) {
    const Foreign& writer = entry.second;
    Digest part;
    part.add(writer.node->inode).add(writer.finished ? 1 : 0).add(writer.opened ? 1 : 0);
    sum += part.add(writer.node->seen).add(writer.queued).value();
  }
  return Digest().add(tree_.digest(durable)).add(sum).value();
}

void MemFs::sync_writer(Writer writer) {
  const std::lock_guard hold(mutex_);
  tree_.sync_node(*writers_.at(static_cast<int>(writer)).node);
}

void MemFs::sync_name_of(const std::string& path) {
  const std::lock_guard hold(mutex_);
  if (const auto at = place("sync", path); at && at->dir) {
    tree_.sync_name(at->dir, at->name);
  }
}

} // namespace coldpress
