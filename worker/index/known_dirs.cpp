#include "worker/index/known_dirs.hpp"

#include <algorithm>

namespace coldpress {

namespace {

// FAT has the coarsest times, of two seconds.
constexpr std::chrono::seconds k_grain{3};

bool same_times(const IndexedDir& a, const IndexedDir& b) {
  return a.device == b.device && a.inode == b.inode && a.mtime == b.mtime &&
         a.ctime == b.ctime;
}

} // namespace

KnownDirs::KnownDirs(Fs& fs,
                     const Clock& clock,
                     const Store& store,
                     const std::vector<IndexedDir>& known)
    : fs_(fs), clock_(clock), store_(store) {
  for (const IndexedDir& dir : known) {
    known_.emplace(dir.dir, dir);
  }
}

std::optional<std::vector<std::string>> KnownDirs::look(const std::string& dir) {
  const std::string name = dir.substr(std::min(dir.size(), store_.home.size() + 1));
  const WallTime now = clock_.wall();
  const auto stat = fs_.lstat(dir);
  if (!stat || stat->type != FileType::directory) {
    listed_.insert(name);
    return std::nullopt;
  }
  IndexedDir here{name, stat->device, stat->inode, stat->mtime, stat->ctime};
  here.settled =
      now - std::max(here.mtime, here.ctime) >= k_grain && is_local(dir, here.device);
  const auto at = known_.find(name);
  const bool unchanged =
      at != known_.end() && at->second.settled && same_times(here, at->second);
  // Settled times stay so, whatever became of the clock.
  here.settled = here.settled || unchanged;
  seen_[name] = here;
  if (!unchanged) {
    listed_.insert(name);
    return std::nullopt;
  }
  std::vector<std::string> inside;
  const std::string below = name + "/";
  for (auto next = known_.lower_bound(below);
       next != known_.end() && next->first.starts_with(below);
       ++next) {
    if (next->first.find('/', below.size()) == std::string::npos) {
      inside.push_back(next->first.substr(below.size()));
    }
  }
  return inside;
}

std::set<std::string> KnownDirs::listed_or_gone() const {
  std::set<std::string> dirs = listed_;
  for (const auto& [name, dir] : known_) {
    if (!seen_.contains(name)) {
      dirs.insert(name);
    }
  }
  return dirs;
}

std::vector<IndexedDir> KnownDirs::seen() const {
  std::vector<IndexedDir> dirs;
  dirs.reserve(seen_.size());
  for (const auto& [name, dir] : seen_) {
    dirs.push_back(dir);
  }
  return dirs;
}

bool KnownDirs::is_local(const std::string& dir, std::uint64_t device) {
  const auto at = local_.find(device);
  if (at != local_.end()) {
    return at->second;
  }
  const auto space = fs_.space(dir);
  return local_[device] = space && space->known_local;
}

} // namespace coldpress
