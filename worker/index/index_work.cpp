#include "worker/index/index_work.hpp"

#include "worker/index/known_dirs.hpp"
#include "worker/index/store_files.hpp"

#include <algorithm>
#include <unordered_map>

namespace coldpress {

namespace {

class Comparison {
public:
  Comparison(Fs& fs, const Clock& clock, const Store& store, Index& index)
      : fs_(fs), clock_(clock), store_(store), index_(index) {}

  Result<void> all() {
    KnownDirs dirs(fs_, clock_, store_, {});
    const StoreFiles files = files_of(fs_, store_, &dirs);
    TRY_ASSIGN(std::vector<IndexedRollout> known, index_.rollouts());
    expect(std::move(known));
    for (const FoundRollout& found : files.rollouts) {
      const auto at = expected_.find(found.name);
      if (at == expected_.end()) {
        TRY(add(found));
      } else {
        compare(found, std::move(at->second));
        expected_.erase(at);
      }
    }
    // What was not looked at may still be there.
    for (const auto& [name, rollout] : expected_) {
      if (files.complete) {
        TRY(index_.remove(rollout.id));
        work_.removed += 1;
      }
    }
    work_.problems = files.problems;
    // Of two copies in two directories the other one may count once this one changes: as
    // long as there are such, no directory can be passed over.
    return remember(dirs, files.complete && !files.twins);
  }

  // False if that does not tell: a rollout is gone, and another form or place of it may
  // be in a directory that was not listed.
  Result<bool> changed() {
    TRY_ASSIGN(const std::vector<IndexedDir> remembered, index_.dirs());
    if (remembered.empty()) {
      return false;
    }
    KnownDirs dirs(fs_, clock_, store_, remembered);
    const StoreFiles files = files_of(fs_, store_, &dirs);
    const std::set<std::string> listed = dirs.listed_or_gone();
    for (const std::string& dir : listed) {
      TRY_ASSIGN(std::vector<IndexedRollout> known, index_.rollouts_in(dir));
      expect(std::move(known));
    }
    std::vector<const FoundRollout*> unknown;
    for (const FoundRollout& found : files.rollouts) {
      const auto at = expected_.find(found.name);
      if (at == expected_.end()) {
        unknown.push_back(&found);
      } else {
        compare(found, std::move(at->second));
        expected_.erase(at);
      }
    }
    if (!files.complete || !expected_.empty()) {
      return false;
    }
    for (const FoundRollout* found : unknown) {
      TRY_ASSIGN(const auto elsewhere, index_.rollout_named(found->name));
      if (elsewhere) {
        return false;
      }
      TRY(add(*found));
    }
    TRY_ASSIGN(const bool plain, compare_plain(listed));
    if (!plain) {
      return false;
    }
    TRY(remember(dirs, !files.twins));
    return true;
  }

  IndexWork take() { return std::move(work_); }

private:
  void expect(std::vector<IndexedRollout> known) {
    for (IndexedRollout& rollout : known) {
      std::string name = rollout.found.name;
      expected_.insert_or_assign(std::move(name), std::move(rollout));
    }
  }

  Result<void> add(const FoundRollout& found) {
    IndexJob job{found, {}, {}};
    TRY_ASSIGN(job.known.id, index_.add(found));
    work_.jobs.push_back(std::move(job));
    return {};
  }

  void compare(const FoundRollout& found, IndexedRollout known) {
    if (!is_as_indexed(found, known)) {
      work_.jobs.push_back(IndexJob{found, std::move(known), {}});
    }
  }

  // A plain rollout grows without a change of its directory.
  Result<bool> compare_plain(const std::set<std::string>& listed) {
    TRY_ASSIGN(std::vector<IndexedRollout> plain, index_.plain_rollouts());
    std::sort(plain.begin(), plain.end(), [](const auto& a, const auto& b) {
      return a.found.dir < b.found.dir;
    });
    std::optional<HeldDir> held; // a look at a file in it is one call, not three
    for (IndexedRollout& known : plain) {
      if (listed.contains(known.found.dir)) {
        continue;
      }
      FoundRollout found = known.found;
      const std::string path = join_path(store_.home, found.path());
      if (!held || held->path() != parent_dir(path)) {
        auto directory = HeldDir::hold(fs_, parent_dir(path));
        if (!directory) {
          return false;
        }
        held = std::move(*directory);
      }
      const auto stat = fs_.lstat(path);
      if (!stat || stat->type != FileType::regular) {
        return false;
      }
      found.stat = *stat;
      compare(found, std::move(known));
    }
    return true;
  }

  Result<void> remember(const KnownDirs& dirs, bool complete) {
    std::vector<IndexedDir> seen = complete ? dirs.seen() : std::vector<IndexedDir>();
    TRY_ASSIGN(const std::vector<IndexedDir> known, index_.dirs());
    if (seen != known) {
      work_.dirs = std::move(seen);
    }
    return {};
  }

  Fs& fs_;
  const Clock& clock_;
  const Store& store_;
  Index& index_;
  IndexWork work_;
  std::unordered_map<std::string, IndexedRollout> expected_; // and not found yet
};

} // namespace

Result<IndexWork>
find_index_work(Fs& fs, const Clock& clock, const Store& store, Index& index, Look look) {
  Comparison comparison(fs, clock, store, index);
  if (look == Look::changed) {
    TRY_ASSIGN(const bool told, comparison.changed());
    if (told) {
      return comparison.take();
    }
  }
  Comparison whole(fs, clock, store, index);
  TRY(whole.all());
  return whole.take();
}

} // namespace coldpress
