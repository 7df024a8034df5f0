#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"

#include <doctest/doctest.h>

#include <cerrno>

namespace coldpress {

namespace {

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  FaultFs fs{disk};

  Rig() { disk.put("/d/a", "one"); }
};

} // namespace

TEST_CASE("the call that was armed fails, once, with its code, errno, name and path") {
  Rig rig;
  rig.fs.fail_call(1, Errc::no_space, ENOSPC);
  CHECK(rig.fs.lstat("/d/a"));
  const auto failed = rig.fs.unlink("/d/a");
  REQUIRE_FALSE(failed);
  CHECK_EQ(failed.error().code, Errc::no_space);
  CHECK_EQ(failed.error().sys, ENOSPC);
  CHECK_EQ(failed.error().op, "unlink");
  CHECK_EQ(failed.error().path, "/d/a");
  CHECK(rig.disk.exists("/d/a"));
  CHECK(rig.fs.unlink("/d/a"));
  CHECK_EQ(rig.fs.calls(), 3);
}

TEST_CASE("a call armed for ever fails with all after it") {
  Rig rig;
  rig.fs.fail_call(1, Errc::io, EIO, FaultFs::Repeat::forever);
  CHECK(rig.fs.lstat("/d/a"));
  CHECK_FALSE(rig.fs.lstat("/d/a"));
  CHECK_FALSE(rig.fs.sync_dir("/d"));
}

TEST_CASE("a method armed by name leaves the others alone") {
  Rig rig;
  rig.fs.fail_op("sync_dir", Errc::io);
  CHECK(rig.fs.lstat("/d/a"));
  CHECK_FALSE(rig.fs.sync_dir("/d"));
  CHECK(rig.fs.sync_dir("/d"));
}

TEST_CASE("nothing reaches the disk of a frozen process, but its locks go") {
  Rig rig;
  File lock(rig.fs, rig.fs.open_lock("/d/a", Create::no).value());
  CHECK(rig.fs.try_lock(lock.handle()));
  rig.fs.freeze_from(rig.fs.calls());
  CHECK_FALSE(rig.fs.frozen());
  CHECK_EQ(rig.fs.unlink("/d/a").error().code, Errc::canceled);
  CHECK(rig.fs.frozen());
  CHECK_FALSE(rig.fs.create_new("/d/b", 0644));
  CHECK_EQ(rig.disk.names("/d"), std::vector<std::string>{"a"});
  lock.reset();
  CHECK_EQ(rig.disk.open_handles(), 0);
}

TEST_CASE("the hook runs before the call and may change the disk") {
  Rig rig;
  rig.fs.set_hook([&rig](std::string_view op, const std::string& path) {
    if (op == "rename_new" && path == "/d/a") {
      CHECK(rig.disk.append(path, "two"));
    }
  });
  CHECK(rig.fs.rename_new("/d/a", "/d/b"));
  CHECK_EQ(rig.disk.get("/d/b"), "onetwo");
}

TEST_CASE("the log tells each call with the path its handle stands for") {
  Rig rig;
  File file(rig.fs, rig.fs.create_unnamed("/d").value());
  CHECK(rig.fs.sync_file(file.handle()));
  CHECK(rig.fs.link_handle(file.handle(), "/d/z"));
  CHECK(rig.fs.sync_file(file.handle()));
  file.reset();
  const auto linked = rig.fs.find("link_handle", "/d/(unnamed)");
  REQUIRE(linked);
  CHECK_EQ(rig.fs.log()[*linked].to, "/d/z");
  CHECK(rig.fs.find("sync_file", "/d/z", *linked));
  CHECK_FALSE(rig.fs.find("sync_file", "/d/(unnamed)", *linked));
  CHECK_EQ(rig.fs.log().back().op, "close");
}

} // namespace coldpress
