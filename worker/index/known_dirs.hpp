#pragma once

#include "fsutil/clock.hpp"
#include "worker/catalog/index_rows.hpp"
#include "worker/preflight/store.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace coldpress {

// Tells a walk which directories have the entries that the index knows: those with the
// times they had when they were listed. What is made or removed in a directory changes
// its times, but not within the grain of the file system's clock, so that times only
// count if they were older than that when the directory was listed; and only of a file
// system whose clock is ours. A file that is written in place changes no directory.
class KnownDirs {
public:
  // `known`: empty, and everything is listed.
  KnownDirs(Fs& fs,
            const Clock& clock,
            const Store& store,
            const std::vector<IndexedDir>& known);

  // TreeVisitor::known: the directories in `dir`, if none of its entries has changed.
  std::optional<std::vector<std::string>> look(const std::string& dir);

  // Below the store: those that were to be listed, and those that are gone.
  std::set<std::string> listed_or_gone() const;
  // As they are now, by name. Taken before each was listed, so that a later change shows.
  std::vector<IndexedDir> seen() const;

private:
  bool is_local(const std::string& dir, std::uint64_t device);

  Fs& fs_;
  const Clock& clock_;
  const Store& store_;
  std::map<std::string, IndexedDir> known_;
  std::map<std::string, IndexedDir> seen_;
  std::set<std::string> listed_;
  std::map<std::uint64_t, bool> local_; // by device
};

} // namespace coldpress
