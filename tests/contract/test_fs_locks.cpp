#include "tests/contract/rigs.hpp"

#include <thread>

namespace coldpress {

namespace {

File open_writing(Fs& fs, const std::string& path) {
  return File(fs, must(fs.open_lock(path, Create::no)));
}

// Polls for at most ten seconds: the other thread has to reach its open().
bool lease_breaks(Fs& fs, const File& file, LeaseKind kind) {
  const SystemClock clock;
  const BootTime end = clock.boot() + std::chrono::seconds{10};
  while (must(fs.lease_whole(file.handle(), kind))) {
    if (clock.boot() > end) {
      return false;
    }
    clock.sleep(std::chrono::milliseconds{1});
  }
  return true;
}

// A lease on rig.at("a"); false where there are none.
template <class Rig> bool leased(Rig& rig, const File& file, LeaseKind kind) {
  const auto set = rig.fs().set_lease(file.handle(), kind);
  if (lacks(set, "kernel leases")) {
    return false;
  }
  must(set);
  return true;
}

} // namespace

TEST_CASE_TEMPLATE("fs: a lock shuts out every other open file, until unlocked",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  const File one = make_file(rig.fs(), rig.at("l"), "");
  const File two = open_writing(rig.fs(), rig.at("l"));
  must(rig.fs().try_lock(one.handle()));
  CHECK(fails(rig.fs().try_lock(two.handle()), Errc::busy));
  CHECK(rig.fs().try_lock(one.handle())); // again, by its holder
  must(rig.fs().unlock(one.handle()));
  CHECK(rig.fs().try_lock(two.handle()));
  CHECK(fails(rig.fs().try_lock(one.handle()), Errc::busy));
}

TEST_CASE_TEMPLATE("fs: a lock goes with its handle", Rig, EVERY_FS) {
  Rig rig;
  File one = make_file(rig.fs(), rig.at("l"), "");
  const File two = open_writing(rig.fs(), rig.at("l"));
  must(rig.fs().try_lock(one.handle()));
  one.reset();
  CHECK(rig.fs().try_lock(two.handle()));
}

TEST_CASE_TEMPLATE("fs: a lock belongs to the inode, not to the name", Rig, EVERY_FS) {
  Rig rig;
  const File old = make_file(rig.fs(), rig.at("l"), "");
  must(rig.fs().try_lock(old.handle()));
  must(rig.fs().unlink(rig.at("l")));
  const File fresh = make_file(rig.fs(), rig.at("l"), "");
  CHECK(rig.fs().try_lock(fresh.handle()));
}

TEST_CASE_TEMPLATE("fs: unlocking what is not locked is fine", Rig, EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("l"), "");
  CHECK(rig.fs().unlock(file.handle()));
}

TEST_CASE_TEMPLATE("fs: a read lease is refused while somebody writes", Rig, EVERY_FS) {
  Rig rig;
  File writer = make_file(rig.fs(), rig.at("a"), "one");
  const File reader = open_file(rig.fs(), rig.at("a"));
  const auto early = rig.fs().set_lease(reader.handle(), LeaseKind::read);
  if (lacks(early, "kernel leases")) {
    return;
  }
  CHECK(fails(early, Errc::busy));
  CHECK_FALSE(must(rig.fs().lease_whole(reader.handle(), LeaseKind::read)));
  writer.reset();
  must(rig.fs().set_lease(reader.handle(), LeaseKind::read));
  CHECK(must(rig.fs().lease_whole(reader.handle(), LeaseKind::read)));
  CHECK_FALSE(must(rig.fs().lease_whole(reader.handle(), LeaseKind::write)));
}

TEST_CASE_TEMPLATE("fs: readers do not disturb a read lease", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  const File file = open_file(rig.fs(), rig.at("a"));
  if (!leased(rig, file, LeaseKind::read)) {
    return;
  }
  const File reader = open_file(rig.fs(), rig.at("a"));
  CHECK_EQ(contents(rig.fs(), reader), "one");
  CHECK(must(rig.fs().lease_whole(file.handle(), LeaseKind::read)));
  CHECK(rig.fs().set_lease(reader.handle(), LeaseKind::read));
}

TEST_CASE_TEMPLATE("fs: an open for writing breaks a read lease", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  const File file = open_file(rig.fs(), rig.at("a"));
  if (!leased(rig, file, LeaseKind::read)) {
    return;
  }
  // On a real kernel this open blocks until the lease is dropped.
  std::thread opener([&rig] {
    if (const auto opened = rig.fs().open_lock(rig.at("a"), Create::no)) {
      rig.fs().close(*opened);
    }
  });
  CHECK(lease_breaks(rig.fs(), file, LeaseKind::read));
  must(rig.fs().drop_lease(file.handle()));
  opener.join();
  CHECK_FALSE(must(rig.fs().lease_whole(file.handle(), LeaseKind::read)));
}

TEST_CASE_TEMPLATE("fs: a rename leaves a lease whole", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  const File file = open_file(rig.fs(), rig.at("a"));
  if (!leased(rig, file, LeaseKind::read)) {
    return;
  }
  must(rig.fs().link(rig.at("a"), rig.at("b")));
  must(rig.fs().unlink(rig.at("a")));
  CHECK(must(rig.fs().lease_whole(file.handle(), LeaseKind::read)));
}

TEST_CASE_TEMPLATE("fs: a write lease is refused while anybody has the file open",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  const File file = open_file(rig.fs(), rig.at("a"));
  File other = open_file(rig.fs(), rig.at("a"));
  const auto early = rig.fs().set_lease(file.handle(), LeaseKind::write);
  if (lacks(early, "kernel leases")) {
    return;
  }
  CHECK(fails(early, Errc::busy));
  other.reset();
  must(rig.fs().set_lease(file.handle(), LeaseKind::write));
  CHECK(must(rig.fs().lease_whole(file.handle(), LeaseKind::write)));
}

TEST_CASE_TEMPLATE("fs: a lease goes with its handle", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  File file = open_file(rig.fs(), rig.at("a"));
  if (!leased(rig, file, LeaseKind::write)) {
    return;
  }
  file.reset();
  const File writer = open_writing(rig.fs(), rig.at("a"));
  CHECK(writer);
}

TEST_CASE_TEMPLATE("fs: a dropped lease stands in nobody's way", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  const File file = open_file(rig.fs(), rig.at("a"));
  if (!leased(rig, file, LeaseKind::read)) {
    return;
  }
  must(rig.fs().drop_lease(file.handle()));
  const File writer = open_writing(rig.fs(), rig.at("a"));
  CHECK(writer);
  CHECK_FALSE(must(rig.fs().lease_whole(file.handle(), LeaseKind::read)));
}

} // namespace coldpress
