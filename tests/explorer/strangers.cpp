#include "tests/explorer/actor.hpp"

#include <cstdlib>

// Those who know nothing of Codex's ways: an editor in place, a rewriter, another user.

namespace coldpress {

namespace {

// As `rsync --inplace -t`.
class InPlaceEditor final : public Actor {
public:
  explicit InPlaceEditor(World& world)
      : Actor("edit in place", k_plain | k_retired | k_archive) {
    MemFs& disk = *world.disk;
    const WallTime old = disk.lstat(places().plain).value().mtime;
    disk.put(places().plain, rollout_beginning() + rollout_record(1), old);
    disk.set_times(places().plain, old, old);
    world.acked |= 1U << 1U;
    mtime_ = old;
    reads_ = disk.open_read(places().plain).value();
  }
  // No grace needs to outlast it: it has the file open.
  bool enabled(const World& world) const override {
    return at_ != 2 || world.disk->finish_open(writes_) == MemFs::Opened::yes;
  }

  std::string step(World& world) override {
    MemFs& disk = *world.disk;
    switch (at_++) {
    case 0:
      writes_ = disk.open_again_resolve(reads_);
      return "open() resolves what it has open";
    case 1:
      (void)disk.finish_open(writes_);
      return "open() meets the leases";
    case 2:
      disk.overwrite(writes_, rollout_beginning().size(), rollout_record(2));
      disk.sync_writer(writes_);
      world.acked = (world.acked & ~(1U << 1U)) | 1U << 2U;
      return "overwrites and syncs";
    case 3:
      if (!disk.set_mtime(reads_, mtime_)) {
        std::abort(); // the explorer itself is wrong
      }
      return "puts the mtime back";
    case 4:
      disk.close_writer(writes_);
      return "closes the one";
    default:
      disk.close(reads_);
      at_ = k_done;
      return "closes the other";
    }
  }

private:
  FileHandle reads_ = FileHandle::none;
  MemFs::Writer writes_ = MemFs::Writer::none;
  WallTime mtime_{};
};

// While it is at work its temp is young: so the age of a temp counts for it as `settle`
// does for who materialises.
class KilledRewriter final : public Actor {
public:
  KilledRewriter() : Actor("rewriter", k_plain | k_temp) {}

  std::string step(World& world) override {
    if (at_ == 0) {
      const auto plain = world.stat(places().plain);
      if (!plain) {
        at_ = k_done;
        return "finds no plain file";
      }
      world.make(places().temp, world.disk->get(places().plain), plain->mtime);
      ++world.materialising;
      at_ = 1;
      return "writes its temp file";
    }
    const bool gone = world.disk->unlink(places().plain).has_value();
    world.set_aside = gone;
    --world.materialising;
    at_ = k_done;
    return gone ? "unlinks the plain file and is killed" : "is killed";
  }
};

class OtherUser final : public Actor {
public:
  explicit OtherUser(Name name)
      : Actor("another user", k_plain | k_frame | k_retired), name_(name) {}
  std::uint64_t state() const override {
    return static_cast<std::uint64_t>(at_ + 2) * 1000003 + inode_;
  }

  std::string step(World& world) override {
    return at_ == 0 ? copy(world) : empty(world);
  }

private:
  std::string copy(World& world) {
    const RolloutPlaces& all = places();
    const auto bytes = decode_frame(world.disk->get(all.compressed));
    at_ = k_done;
    if (!bytes || world.exists(all.plain) || world.exists(all.retired)) {
      return "finds no .zst that stands alone";
    }
    constexpr std::uint32_t k_other = 1001;
    const std::string& path = name_ == Name::plain ? all.plain : all.retired;
    world.make(path, *bytes + rollout_record(5), world.clock->wall());
    world.disk->set_owner_of(path, k_other, k_other);
    world.disk->set_mode_of(path, 0644);
    world.echoed = true;
    inode_ = world.stat(path)->inode;
    at_ = 1;
    return "copies the .zst";
  }

  // Whatever name it has now.
  std::string empty(World& world) {
    at_ = k_done;
    for (const std::string* path : {&places().plain, &places().retired}) {
      const auto found = world.stat(*path);
      if (found && found->inode == inode_) {
        world.disk->put(*path, "");
        return "empties the copy";
      }
    }
    return "does not find the copy any more";
  }

  Name name_;
  std::uint64_t inode_ = 0;
};

} // namespace

ActorPtr in_place_editor(World& world) {
  return std::make_unique<InPlaceEditor>(world);
}

ActorPtr killed_rewriter() {
  return std::make_unique<KilledRewriter>();
}

ActorPtr other_user(Name name) {
  return std::make_unique<OtherUser>(name);
}

} // namespace coldpress
