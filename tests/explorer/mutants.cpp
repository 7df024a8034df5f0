#include "tests/explorer/mutants.hpp"

#include "tests/support/pass_fs.hpp"
#include "tests/support/stale_retired.hpp"

#include <map>

namespace coldpress {

namespace {

// Knows what its handles were opened by.
class HandleFs : public PassFs {
public:
  explicit HandleFs(Fs& base) : PassFs(base) {}

  Result<FileHandle> open_read(const std::string& path) override {
    return remember(PassFs::open_read(path), path);
  }
  Result<FileHandle> open_lock(const std::string& path, Create create) override {
    return remember(PassFs::open_lock(path, create), path);
  }

protected:
  const std::string& path_of(FileHandle file) { return paths_[file]; }

private:
  Result<FileHandle> remember(Result<FileHandle> opened, const std::string& path) {
    if (opened) {
      paths_[*opened] = path;
    }
    return opened;
  }
  std::map<FileHandle, std::string> paths_;
};

class NoDirectorySync final : public PassFs {
public:
  using PassFs::PassFs;
  Result<void> sync_dir(const std::string&) override { return {}; }
};

// Only the sync between putting P back and unlinking Z is left out.
class NoSyncAfterPuttingBack final : public PassFs {
public:
  using PassFs::PassFs;
  Result<void> rename_new(const std::string& from, const std::string& to) override {
    back_ = back_ || to == places().plain;
    return PassFs::rename_new(from, to);
  }
  Result<void> sync_dir(const std::string& dir) override {
    return std::exchange(back_, false) ? Result<void>() : PassFs::sync_dir(dir);
  }

private:
  bool back_ = false;
};

// `only`: the path a handle was opened by; empty: all of them.
class NoLease final : public HandleFs {
public:
  NoLease(Fs& base, std::string only) : HandleFs(base), only_(std::move(only)) {}
  Result<void> set_lease(FileHandle file, LeaseKind kind) override {
    return skips(file) ? Result<void>() : PassFs::set_lease(file, kind);
  }
  Result<bool> lease_whole(FileHandle file, LeaseKind kind) override {
    return skips(file) ? Result<bool>(true) : PassFs::lease_whole(file, kind);
  }
  Result<void> drop_lease(FileHandle file) override {
    return skips(file) ? Result<void>() : PassFs::drop_lease(file);
  }

private:
  bool skips(FileHandle file) { return only_.empty() || path_of(file) == only_; }
  std::string only_;
};

// Every later look at the plain file answers what the first one saw.
class StaleStamp final : public PassFs {
public:
  using PassFs::PassFs;
  Result<FileStat> stat(FileHandle file) override { return first(PassFs::stat(file)); }
  Result<FileStat> lstat(const std::string& path) override {
    const auto now = PassFs::lstat(path);
    if (now && path == places().plain) {
      seen_.emplace(now->inode, *now);
    }
    return first(now);
  }

private:
  Result<FileStat> first(const Result<FileStat>& now) {
    const auto found = now ? seen_.find(now->inode) : seen_.end();
    return found != seen_.end() ? Result<FileStat>(found->second) : now;
  }
  std::map<std::uint64_t, FileStat> seen_;
};

class UnlinkInsteadOfRetire final : public PassFs {
public:
  using PassFs::PassFs;
  Result<void> rename_new(const std::string& from, const std::string& to) override {
    return to == places().retired ? PassFs::unlink(from) : PassFs::rename_new(from, to);
  }
};

class RenameReplaces final : public PassFs {
public:
  using PassFs::PassFs;
  Result<void> rename_new(const std::string& from, const std::string& to) override {
    (void)PassFs::unlink(to);
    return PassFs::rename_new(from, to);
  }
};

class NoLock final : public HandleFs {
public:
  NoLock(Fs& base, std::string path) : HandleFs(base), path_(std::move(path)) {}
  Result<void> try_lock(FileHandle file) override {
    return path_of(file) == path_ ? Result<void>() : PassFs::try_lock(file);
  }

private:
  std::string path_;
};

class UnlinkPlainOfPair final : public PassFs {
public:
  UnlinkPlainOfPair(Fs& base, const World& world) : PassFs(base), world_(world) {}
  Result<void> unlink(const std::string& path) override {
    const bool pair = path == places().compressed && world_.exists(places().plain);
    return PassFs::unlink(pair ? places().plain : path);
  }

private:
  const World& world_;
};

class NoExchange final : public PassFs {
public:
  using PassFs::PassFs;
  Result<void> rename_exchange(const std::string& a, const std::string&) override {
    return Fail(Error{Errc::busy, 0, "renameat2", a, {}});
  }
};

// What is not asked of an empty file: where its bytes are.
class TempLooksEmpty final : public PassFs {
public:
  using PassFs::PassFs;
  Result<FileStat> stat(FileHandle file) override { return emptied(PassFs::stat(file)); }
  Result<FileStat> lstat(const std::string& path) override {
    return emptied(PassFs::lstat(path));
  }

private:
  Result<FileStat> emptied(Result<FileStat> now) {
    const auto temp = PassFs::lstat(places().temp);
    if (now && temp && now->inode == temp->inode) {
      now->size = 0;
    }
    return now;
  }
};

class AllFilesAreOurs final : public PassFs {
public:
  using PassFs::PassFs;
  Result<FileStat> stat(FileHandle file) override { return ours(PassFs::stat(file)); }
  Result<FileStat> lstat(const std::string& path) override {
    return ours(PassFs::lstat(path));
  }

private:
  static Result<FileStat> ours(Result<FileStat> now) {
    if (now) {
      now->uid = k_uid;
    }
    return now;
  }
};

template <class Form, class... With> Layer layer_of(With... with) {
  return [=](Fs& disk, const World&) { return std::make_unique<Form>(disk, with...); };
}

} // namespace

const std::vector<Mutant>& all_mutants() {
  static const std::vector<Mutant> mutants{
      {"no directory sync", "power cut", layer_of<NoDirectorySync>(), {}},
      {"no directory sync after putting P back",
       "power cut, writer",
       layer_of<NoSyncAfterPuttingBack>(),
       {}},
      {"no lease", "writer", layer_of<NoLease>(std::string()), {}},
      {"reap without a fresh lease", "writer", layer_of<NoLease>(places().retired), {}},
      {"no second stamp", "writer", layer_of<StaleStamp>(), {}},
      {"unlink instead of retire", "writer", layer_of<UnlinkInsteadOfRetire>(), {}},
      {"the rename back replaces", "writer and echo", layer_of<RenameReplaces>(), {}},
      {"no coordination", "delete", layer_of<NoLock>(places().coordination), {}},
      {"unlink of the plain in a pair",
       "writer",
       [](Fs& disk, const World& world) {
         return std::make_unique<UnlinkPlainOfPair>(disk, world);
       },
       {}},
      {"no exchange", "writer and fork", layer_of<NoExchange>(), {}},
      {"reap by mtime only", "edit in place", layer_of<StaleRetired>(), {}},
      {"sweep of a temp file whatever it holds",
       "rewriter killed before its rename",
       layer_of<TempLooksEmpty>(),
       {}},
      {"another user's plain file counts",
       "another user's plain file",
       layer_of<AllFilesAreOurs>(),
       {}},
      {"another user's retired file counts",
       "another user's retired file",
       layer_of<AllFilesAreOurs>(),
       {}},
      {"append without a directory sync",
       "power cut, append",
       {},
       [](Case& spec) {
         spec.actors = [](World& world) {
           std::vector<ActorPtr> actors;
           actors.push_back(appender(world, 1, [](Fs& disk) {
             return std::make_unique<NoDirectorySync>(disk);
           }));
           return actors;
         };
       }},
      {"the other tree is not looked at",
       "archive",
       {},
       [](Case& spec) { spec.trees = Trees::active; }},
  };
  return mutants;
}

} // namespace coldpress
