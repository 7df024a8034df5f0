#include "worker/stage/scan.hpp"

#include "fsutil/walk.hpp"
#include "worker/rollout/head.hpp"
#include "worker/rollout/name.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_set>

namespace coldpress {

namespace {

// sessions/YYYY/MM/DD and some room for what people make of it.
constexpr int k_max_depth = 8;

struct CompressedFile {
  std::string path;
  std::string rollout;
  FileStat stat;
};

class Scanner {
public:
  Scanner(Fs& fs, const std::string& home, const ScanRules& rules)
      : fs_(fs), home_(home), rules_(rules) {}

  Inventory run() {
    for (const Root root : {Root::archived, Root::active}) {
      walk_tree(root);
    }
    for (const CompressedFile& file : compressed_) {
      if (recent(file.stat.mtime)) {
        read_compressed_head(file);
      }
    }
    if (needs_all_heads()) {
      for (const CompressedFile& file : compressed_) {
        if (!recent(file.stat.mtime)) {
          read_compressed_head(file);
        }
      }
    }
    mark_shared();
    collect_leftovers();
    return std::move(found_);
  }

private:
  void walk_tree(Root root) {
    const std::string tree = join_path(home_, tree_name(root));
    const auto stat = fs_.lstat(tree);
    if (stat && stat->type == FileType::symlink) {
      found_.errors.push_back(
          {Errc::unsupported,
           0,
           "scan",
           tree,
           {"a symlink: another store may share what it points to; left alone"}});
      return;
    }
    walk(
        fs_,
        tree,
        k_max_depth,
        [&](const std::string& dir, const DirEntry& entry) { visit(root, dir, entry); },
        [&](Error error) { found_.errors.push_back(std::move(error)); });
  }

  void visit(Root root, const std::string& dir, const DirEntry& entry) {
    std::string path = join_path(dir, entry.name);
    switch (classify(entry.name)) {
    case NameKind::plain:
      group(entry.name, {Role::plain, root, path});
      add_candidate(root, std::move(path), entry, true);
      break;
    case NameKind::malformed:
      if (!is_compressed_name(entry.name)) {
        add_candidate(root, std::move(path), entry, false);
      }
      break;
    case NameKind::compressed:
      if (entry.type == FileType::regular) {
        group(plain_name(entry.name), {Role::compressed, root, path});
        add_compressed(std::move(path));
      }
      break;
    case NameKind::retired:
      if (entry.type == FileType::regular) {
        group(*retired_plain_name(entry.name), {Role::retired, root, std::move(path)});
      }
      break;
    case NameKind::part:
      found_.parts.push_back(std::move(path));
      break;
    case NameKind::foreign_temp:
      found_.foreign_temps.push_back(std::move(path));
      break;
    case NameKind::other:
      break;
    }
  }

  void group(const std::string& plain, FoundFile file) {
    std::string& example = found_.examples.at(static_cast<std::size_t>(file.root));
    if (example.empty()) {
      example = file.path;
    }
    groups_[plain].push_back(std::move(file));
  }

  std::string logical(const std::string& path) const {
    return plain_name(path.substr(home_.size() + 1));
  }

  bool recent(WallTime when) const { return rules_.now - when <= k_version_memory; }

  void
  add_candidate(Root root, std::string path, const DirEntry& entry, bool valid_name) {
    Candidate candidate;
    candidate.rollout = logical(path);
    candidate.path = std::move(path);
    candidate.root = root;
    candidate.valid_name = valid_name;
    candidate.type = entry.type;
    const auto stat = fs_.lstat(candidate.path);
    if (!stat) {
      if (stat.error().code == Errc::not_found) {
        return; // gone since the listing
      }
      candidate.unreadable = true;
    } else {
      candidate.type = stat->type;
      candidate.stamp = FileStamp::of(*stat);
      candidate.allocated = stat->allocated;
    }
    if (valid_name && candidate.type == FileType::regular && candidate.stamp.size > 0) {
      read_plain_head(candidate);
    }
    found_.candidates.push_back(std::move(candidate));
  }

  void read_plain_head(Candidate& candidate) {
    const auto head = read_head(fs_, candidate.path);
    if (!head) {
      candidate.unreadable = true;
      return;
    }
    if (!*head) {
      return;
    }
    candidate.thread_id = (*head)->thread_id;
    candidate.cwd = (*head)->cwd;
    candidate.shares_history = (*head)->has_history_base;
    if (const auto version = parse_version((*head)->cli_version)) {
      candidate.cli_version = *version;
    }
    note(**head, candidate.rollout, candidate.stamp.mtime);
  }

  void add_compressed(std::string path) {
    const auto stat = fs_.lstat(path);
    if (!stat) {
      return;
    }
    found_.compressed_files += 1;
    found_.compressed_bytes += stat->size;
    std::string rollout = logical(path);
    compressed_.push_back({std::move(path), std::move(rollout), *stat});
  }

  void read_compressed_head(const CompressedFile& file) {
    const auto head = read_head(fs_, file.path);
    if (head && *head) {
      note(**head, file.rollout, file.stat.mtime);
    }
  }

  void note(const RolloutHead& head, const std::string& rollout, WallTime mtime) {
    if (head.has_history_base && !head.history_base_thread.empty()) {
      shared_threads_.insert(head.history_base_thread);
    }
    const auto version = parse_version(head.cli_version);
    const WallTime when = std::max(mtime, head.written);
    if (version && recent(when)) {
      found_.versions.push_back({*version, rollout, when});
    }
  }

  bool needs_all_heads() const {
    if (rules_.shared_history == SharedHistory::press) {
      return false;
    }
    return rules_.shared_history == SharedHistory::skip ||
           std::any_of(found_.versions.begin(),
                       found_.versions.end(),
                       [](const VersionSeen& seen) {
                         return seen.version < k_shares_compressed;
                       });
  }

  void mark_shared() {
    for (Candidate& candidate : found_.candidates) {
      if (shared_threads_.contains(candidate.thread_id)) {
        candidate.shares_history = true;
      }
    }
  }

  void collect_leftovers() {
    std::unordered_set<std::string> with_sibling;
    for (auto& [plain, files] : groups_) {
      const bool retired = std::any_of(files.begin(), files.end(), [](const auto& file) {
        return file.role == Role::retired;
      });
      if (files.size() < 2 && !retired) {
        continue;
      }
      for (const FoundFile& file : files) {
        if (file.role == Role::compressed) {
          with_sibling.insert(plain_name(file.path));
        }
      }
      found_.leftovers.push_back({plain, std::move(files)});
    }
    for (Candidate& candidate : found_.candidates) {
      candidate.compressed_sibling = with_sibling.contains(candidate.path);
    }
  }

  Fs& fs_;
  const std::string& home_;
  const ScanRules& rules_;
  Inventory found_;
  std::map<std::string, std::vector<FoundFile>> groups_; // by plain file name
  std::vector<CompressedFile> compressed_;
  std::unordered_set<std::string> shared_threads_;
};

} // namespace

Inventory scan(Fs& fs, const std::string& home, const ScanRules& rules) {
  return Scanner(fs, home, rules).run();
}

} // namespace coldpress
