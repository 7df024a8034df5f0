#include "tests/explorer/actor.hpp"

// Those who move or remove the forms of a rollout.

namespace coldpress {

namespace {

// Takes coordination for a moment and with it the thread lock; false if a writer has it.
std::optional<FileHandle> take_thread(World& world) {
  return world.lock(places().thread_lock);
}

class Deleter final : public Actor {
public:
  Deleter(First first, Locks locks)
      : Actor("delete", k_plain | k_frame | k_retired | k_thread_locks), first_(first),
        at_once_(locks == Locks::none) {
    at_ = at_once_ ? 1 : 0;
  }
  bool enabled(const World& world) const override {
    return at_ != 0 || world.lock_free(places().coordination);
  }

  std::string step(World& world) override {
    if (at_ == 0) {
      lock_ = take_thread(world);
      at_ = lock_ ? 1 : k_done;
      return lock_ ? "takes the thread lock" : "finds the thread busy";
    }
    const bool plain = (at_ == 1) == (first_ == First::plain);
    const bool gone =
        world.disk->unlink(plain ? places().plain : places().compressed).has_value();
    world.deleting = true;
    if (++at_ == 3) {
      world.deleted = true;
      unlock(world);
      at_ = k_done;
    }
    return std::string(gone ? "unlinks " : "does not find ") +
           (plain ? "the plain file" : "the .zst");
  }

private:
  void unlock(World& world) {
    if (lock_) {
      (void)world.disk->unlink(places().thread_lock);
      world.disk->close(*lock_);
    }
  }

  First first_;
  bool at_once_;
  std::optional<FileHandle> lock_;
};

class Archiver final : public Actor {
public:
  explicit Archiver(Locks locks)
      : Actor("archive", k_plain | k_frame | k_archive | k_thread_locks) {
    at_ = locks == Locks::none ? 1 : 0;
  }
  bool enabled(const World& world) const override {
    return at_ != 0 || world.lock_free(places().coordination);
  }
  std::uint64_t state() const override {
    return static_cast<std::uint64_t>(at_ + 2) * 16 + static_cast<std::uint64_t>(tries_) +
           (plain_ ? 8U : 0U);
  }

  std::string step(World& world) override {
    if (at_ == 0) {
      lock_ = take_thread(world);
      at_ = lock_ ? 1 : k_done;
      return lock_ ? "takes the thread lock" : "finds the thread busy";
    }
    if (at_ == 1) {
      plain_ = world.exists(places().plain);
      at_ = 2;
      return plain_ ? "sees the plain file" : "sees no plain file";
    }
    return move(world);
  }

private:
  std::string move(World& world) {
    const std::string& from = plain_ ? places().plain : places().compressed;
    const std::string& to =
        plain_ ? places().archived_plain : places().archived_compressed;
    const bool there = world.exists(from);
    if (there) {
      (void)world.disk->unlink(to); // rename(2) replaces
      (void)world.disk->rename_new(from, to);
    }
    at_ = there || ++tries_ == 2 ? k_done : 1;
    if (done() && lock_) {
      (void)world.disk->unlink(places().thread_lock);
      world.disk->close(*lock_);
    }
    return there ? "moves it to the archive" : "does not find it any more";
  }

  bool plain_ = false;
  int tries_ = 0;
  std::optional<FileHandle> lock_;
};

// Publication of Codex's own compressor, stopped nowhere.
class CodexCompressor final : public Actor {
public:
  explicit CodexCompressor(Era era)
      : Actor("Codex's compressor", k_plain | k_frame | k_thread_locks | k_maintenance),
        locks_(era == Era::all_locks) {
    at_ = locks_ ? k_maintenance : k_read;
  }
  bool enabled(const World& world) const override {
    return at_ != k_coordination || world.lock_free(places().coordination);
  }
  std::uint64_t state() const override {
    return static_cast<std::uint64_t>(at_ + 2) * 1000003 +
           (at_ > k_read ? seen_.inode : 0);
  }

  std::string step(World& world) override {
    const RolloutPlaces& all = places();
    switch (at_) {
    case k_maintenance:
      maintenance_ = world.lock(all.maintenance);
      at_ = maintenance_ ? k_read : k_done;
      return "tries the maintenance lock";
    case k_read:
      return read(world);
    case k_coordination:
      coordination_ = world.lock(all.coordination);
      at_ = k_probe;
      return "takes coordination";
    case k_probe:
      return next(world.lock_free(all.thread_lock), k_check, "probes the thread");
    case k_check:
      return next(unchanged(world, true), k_name, "looks at the plain file again");
    case k_name:
      return name_it(world);
    case k_check_again:
      return next(unchanged(world, false), k_unlink, "looks at the plain file again");
    case k_unlink:
      (void)world.disk->unlink(all.plain);
      at_ = k_release;
      return "unlinks the plain file";
    case k_release:
      release(world, coordination_);
      at_ = locks_ ? k_end : k_done;
      return "releases coordination";
    default:
      release(world, maintenance_);
      at_ = k_done;
      return "releases the maintenance lock";
    }
  }

private:
  enum Step {
    k_maintenance,
    k_read,
    k_coordination,
    k_probe,
    k_check,
    k_name,
    k_check_again,
    k_unlink,
    k_release,
    k_end
  };

  std::string next(bool good, Step then, const char* what) {
    at_ = good ? then : k_release;
    return std::string(what) + (good ? "" : " and stops");
  }

  std::string read(World& world) {
    const auto found = world.stat(places().plain);
    if (!found || world.exists(places().compressed)) {
      at_ = locks_ ? k_end : k_done;
      return "has nothing to compress";
    }
    seen_ = *found;
    bytes_ = world.disk->get(places().plain);
    at_ = locks_ ? k_coordination : k_check;
    return "encodes";
  }

  bool unchanged(const World& world, bool same_file) const {
    const auto now = world.stat(places().plain);
    return now && now->size == seen_.size && (!same_file || now->inode == seen_.inode);
  }

  std::string name_it(World& world) {
    const bool vacant = !world.exists(places().compressed);
    if (vacant) {
      world.make(places().compressed, frame_of(bytes_), seen_.mtime);
    }
    return next(vacant, k_check_again, "names its .zst");
  }

  static void release(World& world, std::optional<FileHandle>& lock) {
    if (lock) {
      world.disk->close(*lock);
      lock.reset();
    }
  }

  bool locks_;
  FileStat seen_;
  std::string bytes_;
  std::optional<FileHandle> maintenance_;
  std::optional<FileHandle> coordination_;
};

} // namespace

ActorPtr deleter(First first, Locks locks) {
  return std::make_unique<Deleter>(first, locks);
}

ActorPtr archiver(Locks locks) {
  return std::make_unique<Archiver>(locks);
}

ActorPtr codex_compressor(Era era) {
  return std::make_unique<CodexCompressor>(era);
}

} // namespace coldpress
