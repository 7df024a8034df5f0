// The double is only as good as its unkindness: these tests hold it to that.
#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>

namespace coldpress {

namespace {

struct Disk {
  FakeClock clock;
  MemFs fs{clock};

  Disk() { fs.put_dir("/d"); }
  File create(const std::string& path, std::string_view bytes) {
    File file(fs, fs.create_new(path, 0644).value());
    CHECK(fs.write_at(file.handle(), std::as_bytes(std::span(bytes)), 0));
    return file;
  }
  void create_durable(const std::string& path, std::string_view bytes) {
    const File file = create(path, bytes);
    CHECK(fs.sync_file(file.handle()));
    CHECK(fs.sync_dir(parent_dir(path)));
  }
};

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("a power cut takes a file whose directory was not synced") {
  Disk disk;
  const File file = disk.create("/d/a", "one");
  CHECK(disk.fs.sync_file(file.handle()));
  disk.fs.power_cut();
  CHECK_FALSE(disk.fs.exists("/d/a"));
}

TEST_CASE("a power cut empties a new file whose bytes were not synced") {
  Disk disk;
  const File file = disk.create("/d/a", "one");
  CHECK(disk.fs.sync_dir("/d"));
  disk.fs.power_cut();
  CHECK(disk.fs.exists("/d/a"));
  CHECK_EQ(disk.fs.get("/d/a"), "");
}

TEST_CASE("a power cut brings back the last synced bytes") {
  Disk disk;
  disk.create_durable("/d/a", "one");
  CHECK(disk.fs.append("/d/a", "two"));
  CHECK_EQ(disk.fs.get("/d/a"), "onetwo");
  disk.fs.power_cut();
  CHECK_EQ(disk.fs.get("/d/a"), "one");
}

TEST_CASE("what was synced, file and name, survives every power cut") {
  for (const Unsynced mode : {Unsynced::drop_all,
                              Unsynced::removals_only,
                              Unsynced::keep_all,
                              Unsynced::random}) {
    Disk disk;
    disk.create_durable("/d/a", "one");
    disk.fs.power_cut(mode, 7);
    CHECK_EQ(disk.fs.get("/d/a"), "one");
    CHECK_EQ(disk.fs.names("/d"), Names{"a"});
  }
}

TEST_CASE("an unsynced removal comes back, or stays while additions are lost") {
  for (const Unsynced mode : {Unsynced::drop_all, Unsynced::removals_only}) {
    Disk disk;
    disk.create_durable("/d/old", "one");
    const File fresh = disk.create("/d/new", "one");
    CHECK(disk.fs.sync_file(fresh.handle()));
    CHECK(disk.fs.unlink("/d/old"));
    disk.fs.power_cut(mode);
    CHECK_EQ(disk.fs.names("/d"), mode == Unsynced::drop_all ? Names{"old"} : Names{});
  }
}

TEST_CASE("an unsynced rename is atomic in every power cut") {
  std::set<Names> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Disk disk;
    disk.create_durable("/d/a", "one");
    CHECK(disk.fs.rename_new("/d/a", "/d/b"));
    disk.fs.power_cut(Unsynced::random, seed);
    seen.insert(disk.fs.names("/d"));
  }
  CHECK_EQ(seen, std::set<Names>{{"a"}, {"b"}});
}

TEST_CASE("random power cuts reach every mix of two unsynced names") {
  std::set<Names> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Disk disk;
    disk.create("/d/a", "one");
    disk.create("/d/b", "two");
    disk.fs.power_cut(Unsynced::random, seed);
    seen.insert(disk.fs.names("/d"));
  }
  CHECK_EQ(seen, std::set<Names>{{}, {"a"}, {"b"}, {"a", "b"}});
}

TEST_CASE("a rename between directories needs both synced") {
  Disk disk;
  disk.fs.put_dir("/e");
  disk.create_durable("/d/a", "one");
  CHECK(disk.fs.rename_new("/d/a", "/e/a"));
  SUBCASE("the source alone: the file is gone") {
    CHECK(disk.fs.sync_dir("/d"));
    disk.fs.power_cut();
    CHECK(disk.fs.snapshot().empty());
  }
  SUBCASE("the target alone: it has both names") {
    CHECK(disk.fs.sync_dir("/e"));
    disk.fs.power_cut();
    CHECK_EQ(disk.fs.snapshot().size(), 2);
    CHECK_EQ(disk.fs.lstat("/e/a")->links, 2);
  }
}

TEST_CASE("syncing a file that has no name yet does not make it durable") {
  Disk disk;
  const File file(disk.fs, disk.fs.create_unnamed("/d").value());
  const std::string_view bytes = "one";
  CHECK(disk.fs.write_at(file.handle(), std::as_bytes(std::span(bytes)), 0));
  CHECK(disk.fs.sync_file(file.handle()));
  CHECK(disk.fs.link_handle(file.handle(), "/d/a"));
  SUBCASE("not synced again: its bytes are lost") {
    CHECK(disk.fs.sync_dir("/d"));
    disk.fs.power_cut();
    CHECK_EQ(disk.fs.get("/d/a"), "");
  }
  SUBCASE("synced again: they stay") {
    CHECK(disk.fs.sync_file(file.handle()));
    CHECK(disk.fs.sync_dir("/d"));
    disk.fs.power_cut();
    CHECK_EQ(disk.fs.get("/d/a"), "one");
  }
}

TEST_CASE("handles, locks and leases die with the process, names do not") {
  Disk disk;
  disk.fs.put("/d/l", "");
  const auto lock = disk.fs.open_lock("/d/l", Create::no);
  CHECK(disk.fs.try_lock(*lock));
  disk.create("/d/a", "one");
  disk.fs.kill_process();
  CHECK_EQ(disk.fs.open_handles(), 0);
  CHECK_FALSE(disk.fs.stat(*lock));
  CHECK_EQ(disk.fs.get("/d/a"), "one");
  const File again(disk.fs, disk.fs.open_lock("/d/l", Create::no).value());
  CHECK(disk.fs.try_lock(again.handle()));
}

TEST_CASE("a full disk refuses to grow a file, and takes it again after a removal") {
  Disk disk;
  disk.fs.put("/d/big", std::string(8192, 'x'));
  disk.fs.set_capacity(12288);
  const File file = disk.create("/d/a", std::string(4096, 'x'));
  const std::string_view more = "y";
  const auto bytes = std::as_bytes(std::span(more));
  const auto refused = disk.fs.write_at(file.handle(), bytes, 4096);
  REQUIRE_FALSE(refused);
  CHECK_EQ(refused.error().code, Errc::no_space);
  CHECK_EQ(disk.fs.space("/")->available, 0);
  CHECK(disk.fs.unlink("/d/big"));
  CHECK(disk.fs.write_at(file.handle(), bytes, 4096));
}

TEST_CASE("a writer that meets a lease breaks it, waits, and writes when it goes") {
  Disk disk;
  disk.fs.put("/d/a", "one");
  const File file(disk.fs, disk.fs.open_read("/d/a").value());
  CHECK(disk.fs.set_lease(file.handle(), LeaseKind::read));
  CHECK_EQ(disk.fs.append("/d/a", "two").value(), MemFs::Opened::waits);
  CHECK_FALSE(*disk.fs.lease_whole(file.handle(), LeaseKind::read));
  CHECK_EQ(disk.fs.get("/d/a"), "one");
  // The kernel counts it as a writer while it waits.
  const File other(disk.fs, disk.fs.open_read("/d/a").value());
  CHECK_EQ(disk.fs.set_lease(other.handle(), LeaseKind::read).error().code, Errc::busy);
  CHECK(disk.fs.drop_lease(file.handle()));
  CHECK_EQ(disk.fs.get("/d/a"), "onetwo");
  CHECK(disk.fs.set_lease(file.handle(), LeaseKind::read));
}

TEST_CASE("a writer that resolved the path is unseen until its open reaches the lease") {
  Disk disk;
  disk.fs.put("/d/a", "one");
  const File file(disk.fs, disk.fs.open_read("/d/a").value());
  const auto writer = disk.fs.open_for_append_resolve("/d/a").value();
  CHECK(disk.fs.set_lease(file.handle(), LeaseKind::read));
  CHECK(disk.fs.rename_new("/d/a", "/d/b"));
  CHECK(*disk.fs.lease_whole(file.handle(), LeaseKind::read));
  CHECK_EQ(disk.fs.finish_open(writer), MemFs::Opened::waits);
  CHECK_FALSE(*disk.fs.lease_whole(file.handle(), LeaseKind::read));
  CHECK(disk.fs.drop_lease(file.handle()));
  disk.fs.append_to(writer, "two");
  CHECK_EQ(disk.fs.get("/d/b"), "onetwo"); // the inode, wherever its name went
  disk.fs.close_writer(writer);
}

TEST_CASE("a writer with the file open has the lease refused until it closes") {
  Disk disk;
  disk.fs.put("/d/a", "one");
  const File file(disk.fs, disk.fs.open_read("/d/a").value());
  const auto writer = disk.fs.open_for_append_resolve("/d/a").value();
  CHECK_EQ(disk.fs.finish_open(writer), MemFs::Opened::yes);
  CHECK_EQ(disk.fs.set_lease(file.handle(), LeaseKind::read).error().code, Errc::busy);
  disk.fs.close_writer(writer);
  CHECK(disk.fs.set_lease(file.handle(), LeaseKind::read));
}

TEST_CASE("only the owner or root takes a lease, changes a mode or gives a file away") {
  Disk disk;
  disk.fs.put("/d/a", "one");
  disk.fs.set_owner_of("/d/a", 77, 77);
  const File file(disk.fs, disk.fs.open_read("/d/a").value());
  CHECK_EQ(disk.fs.set_lease(file.handle(), LeaseKind::read).error().code, Errc::denied);
  CHECK_EQ(disk.fs.set_mode(file.handle(), 0600).error().code, Errc::denied);
  CHECK_EQ(disk.fs.set_owner(file.handle(), 1000, 1000).error().code, Errc::denied);
  disk.fs.set_user(0, 0);
  CHECK(disk.fs.set_lease(file.handle(), LeaseKind::read));
  CHECK(disk.fs.set_owner(file.handle(), 5, 6));
  CHECK_EQ(disk.fs.lstat("/d/a")->uid, 5U);
}

TEST_CASE("a file its mode hides from us is denied") {
  Disk disk;
  disk.fs.put("/d/a", "one");
  disk.fs.set_mode_of("/d/a", 0);
  CHECK_EQ(disk.fs.open_read("/d/a").error().code, Errc::denied);
  disk.fs.set_mode_of("/d", 0);
  CHECK_EQ(disk.fs.list_dir("/d").error().code, Errc::denied);
}

TEST_CASE("symlinks are followed in the middle of a path, never at its end") {
  Disk disk;
  disk.fs.put("/d/a", "one");
  disk.fs.put_symlink("/link", "/d");
  disk.fs.put_symlink("/d/self", "self");
  disk.fs.put_symlink("/d/up", "../d/a");
  CHECK_EQ(disk.fs.get("/link/a"), "one");
  CHECK_EQ(disk.fs.real_path("/link/up").value(), "/d/a");
  CHECK_EQ(disk.fs.lstat("/link")->type, FileType::symlink);
  CHECK_EQ(disk.fs.open_read("/d/up").error().code, Errc::invalid);
  CHECK_EQ(disk.fs.real_path("/d/self").error().code, Errc::invalid);
}

TEST_CASE("a rotten byte is hidden by the page cache until that is dropped") {
  Disk disk;
  const File file = disk.create("/d/a", "one");
  const auto read = [&] {
    std::array<std::byte, 1> byte{};
    CHECK(disk.fs.read_at(file.handle(), byte, 1));
    return static_cast<char>(byte[0]);
  };
  disk.fs.rot("/d/a", 1);
  CHECK_EQ(read(), 'n');
  CHECK(disk.fs.drop_cache(file.handle(), 0, 0)); // dirty: nothing goes
  CHECK_EQ(read(), 'n');
  CHECK(disk.fs.sync_file(file.handle()));
  CHECK(disk.fs.drop_cache(file.handle(), 0, 0));
  CHECK_EQ(*disk.fs.cached_bytes(file.handle()), 0);
  CHECK_NE(read(), 'n');
}

TEST_CASE("a sticky cache says so and keeps its pages") {
  Disk disk;
  MemFeatures features;
  features.sticky_cache = true;
  disk.fs.set_features(features);
  disk.create_durable("/d/a", "one");
  const File file(disk.fs, disk.fs.open_read("/d/a").value());
  CHECK(disk.fs.drop_cache(file.handle(), 0, 0));
  CHECK_EQ(*disk.fs.cached_bytes(file.handle()), 4096);
}

TEST_CASE("each feature switched off is unsupported") {
  Disk disk;
  MemFeatures none;
  none.unnamed = none.handles_linkable = none.rename_new = none.leases = none.xattrs =
      none.cached_bytes = false;
  disk.fs.set_features(none);
  disk.fs.put("/d/a", "one");
  disk.fs.put("/d/b", "two");
  const File file(disk.fs, disk.fs.open_read("/d/a").value());
  const FileHandle handle = file.handle();
  CHECK_EQ(disk.fs.create_unnamed("/d").error().code, Errc::unsupported);
  CHECK_EQ(disk.fs.rename_new("/d/a", "/d/c").error().code, Errc::unsupported);
  CHECK_EQ(disk.fs.rename_exchange("/d/a", "/d/b").error().code, Errc::unsupported);
  CHECK_EQ(disk.fs.set_lease(handle, LeaseKind::read).error().code, Errc::unsupported);
  CHECK_EQ(disk.fs.set_xattr(handle, "user.a", "1").error().code, Errc::unsupported);
  CHECK_EQ(disk.fs.cached_bytes(handle).error().code, Errc::unsupported);
}

} // namespace coldpress
