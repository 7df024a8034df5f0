#include "worker/index/index_observer.hpp"

#include "worker/index/index_update.hpp"
#include "worker/rollout/name.hpp"

#include <algorithm>
#include <utility>

namespace coldpress {

Result<bool> IndexObserver::see(const std::string& path, const AppendedLines& lines) {
  // Only while it is needed: the writer may wait for its next record for hours.
  if (!fs_.lstat(index_path(store_))) {
    return false;
  }
  auto lock = lock_index(fs_, store_);
  if (!lock) {
    return lock.error().code == Errc::busy ? Result<bool>(false)
                                           : Result<bool>(Fail(std::move(lock.error())));
  }
  // One that is damaged or of another version is for the next update to replace.
  TRY_ASSIGN(auto index, Index::open_existing(index_path(store_)));
  if (!index) {
    return false;
  }
  const std::string dir = parent_dir(path);
  found_.name = base_name(path);
  found_.dir = dir.substr(std::min(dir.size(), store_.home.size() + 1));
  found_.archived = found_.dir.starts_with(tree_name(Root::archived));
  TRY(follow(*index, lines));
  return true;
}

Result<void> IndexObserver::follow(Index& index, const AppendedLines& lines) {
  TRY_ASSIGN(const auto known, index.rollout_named(found_.name));
  std::optional<IndexFeed> feed =
      std::exchange(feed_, std::nullopt); // gone if this fails
  if (!known || !feed || known->offset != lines.offset ||
      feed->offset() != lines.offset) {
    return catch_up(index, known ? &*known : nullptr);
  }
  std::string_view rest = lines.text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    feed->feed(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  TRY(index.apply(feed->take(0)));
  // The file as it is, if the index has all of it: the next update need not look into it.
  // Another one of that length may have come in its place.
  TRY_ASSIGN(found_.stat, fs_.lstat(join_path(store_.home, found_.path())));
  const FileStat& then = known->found.stat;
  if (found_.stat.size == feed->offset() && found_.stat.device == then.device &&
      found_.stat.inode == then.inode) {
    TRY(index.saw(known->id, found_, {}));
  }
  feed_ = std::move(feed);
  return {};
}

// From the file: the index may lag behind it by more than these lines.
Result<void> IndexObserver::catch_up(Index& index, const IndexedRollout* known) {
  IndexJob job;
  TRY_ASSIGN(found_.stat, fs_.lstat(join_path(store_.home, found_.path())));
  job.found = found_;
  if (known != nullptr) {
    job.known = *known;
  } else {
    TRY_ASSIGN(job.known.id, index.add(found_));
  }
  TRY_ASSIGN(job.checkpoint, index.checkpoint(job.known.id));
  TRY_ASSIGN(feed_,
             feed_for_index(fs_, clock_, job, {store_.home}, [&index](IndexBatch batch) {
               return index.apply(std::move(batch));
             }));
  // As of before it was read: if it has grown since, the next walk sees another.
  return index.saw(job.known.id, found_, {});
}

} // namespace coldpress
