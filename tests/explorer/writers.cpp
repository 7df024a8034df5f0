#include "tests/explorer/actor.hpp"

#include <cstdlib>

// Those who append, and those who make the plain form for it.

namespace coldpress {

namespace {

// Whatever name the file has by now.
constexpr Touches k_contents = k_plain | k_retired | k_archive;

// An open() for append in its two halves, and what comes after.
class Appender {
public:
  bool resolve(World& world) {
    auto writer = world.disk->open_for_append_resolve(places().plain);
    if (!writer) {
      return false;
    }
    writer_ = *writer;
    inode_ = world.stat(places().plain)->inode;
    resolved_ = true;
    return true;
  }
  void finish(World& world) {
    (void)world.disk->finish_open(writer_);
    resolved_ = false;
  }
  // Past the open. Asking again changes nothing: the lease is broken already.
  bool is_open(const World& world) const {
    return world.disk->finish_open(writer_) == MemFs::Opened::yes;
  }
  void append(World& world, int record) {
    world.disk->append_to(writer_, rollout_record(record));
    if (world.contents_last) {
      world.disk->sync_writer(writer_);
    }
  }
  void close(World& world) { world.disk->close_writer(writer_); }
  std::uint64_t opening() const { return resolved_ ? inode_ : 0; }
  std::uint64_t inode() const { return inode_; }

private:
  MemFs::Writer writer_ = MemFs::Writer::none;
  std::uint64_t inode_ = 0;
  bool resolved_ = false;
};

void acknowledge(World& world, int record) {
  world.acked |= 1U << static_cast<unsigned>(record);
}

class LocklessWriter final : public Actor {
public:
  LocklessWriter(std::string name, int record, int count, bool creates)
      : Actor(std::move(name), k_contents), record_(record), left_(count),
        creates_(creates) {}

  bool enabled(const World& world) const override {
    return at_ != 2 || appender_.is_open(world);
  }
  std::uint64_t opening() const override { return appender_.opening(); }
  std::uint64_t state() const override {
    return static_cast<std::uint64_t>(at_ + 2) * 1000003 + appender_.inode() * 101 +
           static_cast<std::uint64_t>(left_);
  }

  std::string step(World& world) override {
    switch (at_) {
    case 0:
      return resolve(world);
    case 1:
      appender_.finish(world);
      at_ = 2;
      return "open() meets the leases";
    case 2:
      appender_.append(world, record_);
      acknowledge(world, record_++);
      at_ = --left_ > 0 ? 2 : 3;
      return "appends";
    default:
      appender_.close(world);
      at_ = k_done;
      return "closes";
    }
  }

private:
  std::string resolve(World& world) {
    if (!world.exists(places().plain) && creates_) {
      world.make(places().plain, "", world.clock->wall());
      world.echoed = true;
    }
    at_ = appender_.resolve(world) ? 1 : k_done;
    return at_ == 1 ? "open() resolves the plain name" : "finds no plain name";
  }

  Appender appender_;
  int record_;
  int left_;
  bool creates_;
};

class OldHolder final : public Actor {
public:
  OldHolder(World& world, int record) : Actor("old holder", k_contents), record_(record) {
    if (appender_.resolve(world)) {
      appender_.finish(world);
    } else {
      at_ = k_done;
    }
  }
  std::string step(World& world) override {
    if (at_ == 0) {
      appender_.append(world, record_);
      acknowledge(world, record_);
      at_ = 1;
      return "appends";
    }
    appender_.close(world);
    at_ = k_done;
    return "closes";
  }

private:
  Appender appender_;
  int record_;
};

// Z -> P the way Codex does it: to a temp, link, times, unlink Z.
class Materialiser {
public:
  bool done() const { return at_ == 4; }
  std::uint64_t state() const {
    return static_cast<std::uint64_t>(at_) * 2 + (linked_ ? 1 : 0);
  }
  std::string step(World& world) {
    switch (at_) {
    case 0:
      return read(world);
    case 1:
      return link(world);
    case 2:
      return set_times(world);
    default:
      return unlink(world);
    }
  }

private:
  std::string read(World& world) {
    const auto frame = world.stat(places().compressed);
    const auto bytes = decode_frame(world.disk->get(places().compressed));
    if (world.exists(places().plain) || !frame || !bytes) {
      at_ = 4;
      return "has nothing to materialise";
    }
    bytes_ = *bytes;
    mtime_ = frame->mtime;
    ++world.materialising;
    at_ = 1;
    return "reads the .zst";
  }

  std::string link(World& world) {
    linked_ = !world.exists(places().plain);
    if (linked_) {
      world.make(places().plain, bytes_, mtime_);
      ++world.linked;
    }
    at_ = 2;
    return linked_ ? "links the plain name" : "finds the plain name taken: fine";
  }

  std::string set_times(World& world) {
    const auto handle = world.disk->open_read(places().plain);
    if (!handle) {
      world.linked -= linked_ ? 1 : 0;
      --world.materialising;
      at_ = 4;
      return "gives up: the plain name is gone";
    }
    if (!world.disk->set_mtime(*handle, mtime_)) {
      std::abort();
    }
    world.disk->close(*handle);
    world.linked += linked_ ? 0 : 1;
    at_ = 3;
    return "sets the plain file's times";
  }

  std::string unlink(World& world) {
    if (linked_) {
      // Codex syncs no directory here; a journal keeps the order of the two.
      world.disk->sync_name_of(places().plain);
    }
    const bool gone = world.disk->unlink(places().compressed).has_value();
    world.unlinked_unsynced = world.unlinked_unsynced || gone;
    --world.linked;
    --world.materialising;
    at_ = 4;
    return gone ? "unlinks the .zst" : "finds no .zst to unlink";
  }

  int at_ = 0;
  bool linked_ = false;
  std::string bytes_;
  WallTime mtime_{};
};

class Fork final : public Actor {
public:
  explicit Fork(int number)
      : Actor("fork " + std::to_string(number), k_plain | k_frame) {}
  std::uint64_t state() const override { return materialiser_.state(); }
  std::string step(World& world) override {
    std::string what = materialiser_.step(world);
    at_ = materialiser_.done() ? k_done : 0;
    return what;
  }

private:
  Materialiser materialiser_;
};

class Resume final : public Actor {
public:
  explicit Resume(int record)
      : Actor("resume", k_contents | k_frame | k_thread_locks), record_(record) {}

  bool enabled(const World& world) const override {
    if (at_ == k_lock || at_ == k_lock_again) {
      return world.lock_free(places().coordination);
    }
    return at_ != k_append || appender_.is_open(world);
  }
  std::uint64_t opening() const override { return appender_.opening(); }
  std::uint64_t state() const override {
    return (static_cast<std::uint64_t>(at_ + 2) * 1000003 + appender_.inode()) * 101 +
           materialiser_.state();
  }

  std::string step(World& world) override {
    switch (at_++) {
    case k_lock:
    case k_lock_again:
      coordination_ = world.lock(places().coordination).value();
      return "takes coordination";
    case k_thread_lock:
      return lock_thread(world);
    case k_materialise: {
      std::string what = materialiser_.step(world);
      at_ = materialiser_.done() ? k_resolve : k_materialise;
      return what;
    }
    case k_resolve:
      at_ = appender_.resolve(world) ? k_open : k_lock_again;
      return "open() resolves the plain name";
    case k_open:
      appender_.finish(world);
      return "open() meets the leases";
    case k_append:
      return append(world);
    case k_close:
      appender_.close(world);
      return "closes";
    default:
      (void)world.disk->unlink(places().thread_lock);
      world.disk->close(thread_lock_);
      world.disk->close(coordination_);
      at_ = k_done;
      return "drops the thread lock";
    }
  }

private:
  enum Step {
    k_lock,
    k_thread_lock,
    k_materialise,
    k_resolve,
    k_open,
    k_append,
    k_close,
    k_lock_again,
    k_unlock
  };

  std::string lock_thread(World& world) {
    const auto mine = world.lock(places().thread_lock);
    thread_lock_ = mine.value_or(FileHandle::none);
    world.disk->close(coordination_);
    at_ = mine ? k_materialise : k_done;
    return mine ? "takes the thread lock" : "finds the thread busy";
  }

  std::string append(World& world) {
    appender_.append(world, record_);
    // Nobody promises what stands under a name that was never synced.
    if (!world.contents_last || name_is_durable(world)) {
      acknowledge(world, record_);
    }
    return "appends";
  }

  bool name_is_durable(const World& world) const {
    const auto after = world.disk->clone(*world.clock);
    after->power_cut(Unsynced::drop_all);
    for (const std::string* path : {&places().plain, &places().retired}) {
      const auto found = after->lstat(*path);
      if (found && found->inode == appender_.inode()) {
        return true;
      }
    }
    return false;
  }

  Materialiser materialiser_;
  Appender appender_;
  FileHandle coordination_ = FileHandle::none;
  FileHandle thread_lock_ = FileHandle::none;
  int record_;
};

} // namespace

ActorPtr lockless_writer(int record, int count) {
  return std::make_unique<LocklessWriter>(
      "writer of " + std::to_string(record), record, count, false);
}

ActorPtr echo_writer(int record) {
  return std::make_unique<LocklessWriter>("echo >>", record, 1, true);
}

ActorPtr old_holder(World& world, int record) {
  return std::make_unique<OldHolder>(world, record);
}

ActorPtr fork(int number) {
  return std::make_unique<Fork>(number);
}

ActorPtr resume(int record) {
  return std::make_unique<Resume>(record);
}

} // namespace coldpress
