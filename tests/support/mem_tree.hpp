#pragma once

#include "fsutil/fs.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace coldpress {

// What becomes of names that no sync_dir() made durable. A rename is atomic in every
// mode: both of its halves or neither.
enum class Unsynced : std::uint8_t {
  drop_all,
  removals_only, // unlinks and renames are kept, new names are lost
  keep_all,
  random, // each change by a seeded coin; file contents old, new or torn
};

// What a sync_file() makes durable.
struct MemContent {
  std::string data;
  std::uint32_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  WallTime mtime{};
  WallTime ctime{};
  std::map<std::string, std::string> xattrs;
};

struct MemNode;
using NodePtr = std::shared_ptr<MemNode>;

// An inode.
struct MemNode {
  FileType type = FileType::regular;
  std::uint64_t inode = 0;
  MemContent seen;
  std::optional<MemContent> durable; // empty: never synced
  std::uint64_t links = 0;
  std::uint64_t opens = 0;
  bool linkable = false; // made without a name and never named
  std::string target;    // of a symlink
  std::map<std::string, NodePtr> entries;
  std::map<std::string, NodePtr> durable_entries;
  std::set<std::uint64_t> cached_pages;
  bool dirty = false;             // pages the disk does not have cannot be dropped
  std::set<std::uint64_t> rotten; // offsets whose byte is wrong on the disk

  static constexpr std::uint64_t k_page = 4096;
  std::uint64_t allocated() const {
    return (seen.data.size() + k_page - 1) / k_page * k_page;
  }
};

// Inodes and names, in two states: what processes see, and what a power cut leaves.
// Not thread-safe; MemFs locks.
class MemTree {
public:
  // One name of a directory set (or removed: no node).
  struct Step {
    NodePtr dir;
    std::string name;
    NodePtr node;
  };
  // Where a path leads: its directory, and what stands there (null: nothing).
  struct Place {
    NodePtr dir;
    std::string name;
    NodePtr node;
    std::string real; // absolute, every symlink before the last component followed
  };
  enum class Last : std::uint8_t { keep, follow };

  MemTree();

  NodePtr make(FileType type, MemContent content);
  Result<Place> find(std::string_view op, const std::string& path, Last last) const;
  // `path` from its byte `begin` on, as it goes down from `dir` without a symlink.
  static Result<Place> find_below(std::string_view op,
                                  const NodePtr& dir,
                                  const std::string& path,
                                  std::size_t begin,
                                  Last last);
  // Seen at once and atomically; durable after sync_dir() of each directory.
  void change(std::vector<Step> steps);
  void sync_dir(const NodePtr& dir);
  // That one name is durable, unless an older change of it is still waiting.
  void sync_name(const NodePtr& dir, const std::string& name);
  void sync_node(MemNode& node) const;
  void sync_all();
  // Only what was synced comes back, but for what `mode` keeps.
  void cut(Unsynced mode, std::uint64_t seed);
  std::uint64_t used() const; // bytes of all inodes with a name or open
  // Every name below the root but the root itself.
  void visit(const std::function<void(const std::string&, const NodePtr&)>& see) const;
  // Every inode that lives, named or not.
  void visit_nodes(const std::function<void(MemNode&)>& see) const;
  // A tree of its own in the same state; `twins` says which inode became which.
  using Twins = std::map<const MemNode*, NodePtr>;
  MemTree clone(Twins& twins) const;
  // The state as a number: names, inodes, bytes and times of regular files; with
  // `durable` also what a power cut would leave.
  std::uint64_t digest(bool durable) const;

private:
  using Change = std::vector<Step>;
  using Touched = std::set<std::pair<const MemNode*, std::string>>;
  void restore(const NodePtr& dir, Unsynced mode, std::mt19937_64& coin);
  static bool kept(const Change& change, Unsynced mode, std::mt19937_64& coin);

  NodePtr root_;
  std::vector<std::weak_ptr<MemNode>> nodes_;
  std::vector<Change> journal_; // in the order they happened
  std::uint64_t next_inode_ = 2;
};

} // namespace coldpress
