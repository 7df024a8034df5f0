#include "fsutil/text.hpp"
#include "worker/inspect/doctor_checks.hpp"

#include <algorithm>

namespace coldpress {

namespace {

constexpr std::uint64_t k_few_files = 1000;

// The largest that is to be compressed on that file system.
std::uint64_t largest_candidate(const StoreFacts& store, std::uint64_t device) {
  std::uint64_t largest = 0;
  for (const Decision& decision : store.preview.plan.decisions) {
    const auto root = static_cast<std::size_t>(decision.candidate.root);
    const DirFacts* tree = root < store.trees.size() ? &store.trees[root] : nullptr;
    const bool here = tree == nullptr || !tree->stat || tree->stat->device == device;
    if (here && decision.action == Action::compress) {
      largest = std::max(largest, decision.candidate.stamp.size);
    }
  }
  return largest;
}

// The store, and each of its trees that is on another file system.
std::vector<const DirFacts*> file_systems(const StoreFacts& store) {
  std::vector<const DirFacts*> dirs{&store.home};
  for (const DirFacts& tree : store.trees) {
    const bool elsewhere =
        tree.stat && store.home.stat &&
        std::none_of(dirs.begin(), dirs.end(), [&tree](const DirFacts* dir) {
          return dir->stat->device == tree.stat->device;
        });
    if (elsewhere) {
      dirs.push_back(&tree);
    }
  }
  return dirs;
}

void check_bytes(const DirFacts& dir,
                 const std::string& where,
                 const DoctorFacts& facts,
                 Findings& found) {
  const std::uint64_t min_free = facts.config.loaded.settings.limits.min_free_bytes;
  const auto wanted = facts.config.loaded.settings.pressure.min_free_bytes;
  const std::uint64_t largest =
      largest_candidate(*facts.store, dir.stat ? dir.stat->device : 0);
  const std::string left = fmt::format("{}{} of {} are free",
                                       where,
                                       format_size(dir.space->available),
                                       format_size(dir.space->total));
  if (dir.space->available < min_free) {
    found.problem(
        fmt::format("{}: less than limits.min_free ({}), so nothing is compressed",
                    left,
                    format_size(min_free)),
        "free disk space, or lower limits.min_free for a while");
  } else if (dir.space->available - min_free < largest) {
    found.warn(fmt::format("{}; the largest rollout to compress has {}",
                           left,
                           format_size(largest)),
               "it is skipped as no_space if its .zst does not fit beside it; smaller "
               "ones are compressed first and free disk space");
  } else if (wanted && where.empty() && dir.space->available < *wanted) {
    found.note(
        fmt::format("{}: less than pressure.min_free ({})", left, format_size(*wanted)),
        "coldpress serve compresses younger rollouts until more is free");
  } else {
    found.ok(left);
  }
}

void check_inodes(const DirFacts& dir, const std::string& where, Findings& found) {
  if (dir.space->files_total == 0) {
    return; // btrfs and its like make them as needed
  }
  if (dir.space->files_available == 0) {
    found.problem(where + "the file system has no inodes left: no file can be created",
                  "remove files on it, however small");
  } else if (dir.space->files_available < k_few_files) {
    found.warn(fmt::format("{}the file system has only {} inodes left",
                           where,
                           format_count(dir.space->files_available)),
               "remove files on it, however small");
  }
}

} // namespace

void check_space(const DoctorFacts& facts, Findings& found) {
  for (const DirFacts* dir : file_systems(*facts.store)) {
    if (!dir->space) {
      found.warn(describe(dir->space.error()));
      continue;
    }
    const std::string where =
        dir == &facts.store->home ? std::string() : dir->name + ": ";
    check_bytes(*dir, where, facts, found);
    check_inodes(*dir, where, found);
  }
}

} // namespace coldpress
