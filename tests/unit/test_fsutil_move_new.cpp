#include "fsutil/temp_file.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"

#include <doctest/doctest.h>

namespace coldpress {

namespace {

using Names = std::vector<std::string>;

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  FaultFs fs{disk};

  explicit Rig(bool rename_new) {
    MemFeatures features;
    features.rename_new = rename_new;
    disk.set_features(features);
    disk.put("/d/a", "one");
  }
};

} // namespace

TEST_CASE("move_new gives the inode its new name, with or without such a rename") {
  for (const bool rename_new : {true, false}) {
    Rig rig(rename_new);
    const std::uint64_t inode = rig.disk.lstat("/d/a")->inode;
    CHECK(move_new(rig.fs, "/d/a", "/d/b"));
    CHECK_EQ(rig.disk.names("/d"), Names{"b"});
    CHECK_EQ(rig.disk.lstat("/d/b")->inode, inode);
    CHECK_EQ(rig.disk.lstat("/d/b")->links, 1);
  }
}

TEST_CASE("move_new never replaces") {
  for (const bool rename_new : {true, false}) {
    Rig rig(rename_new);
    rig.disk.put("/d/b", "two");
    CHECK_EQ(move_new(rig.fs, "/d/a", "/d/b").error().code, Errc::exists);
    CHECK_EQ(rig.disk.get("/d/a"), "one");
    CHECK_EQ(rig.disk.get("/d/b"), "two");
  }
}

TEST_CASE("move_new of a missing file says not_found") {
  for (const bool rename_new : {true, false}) {
    Rig rig(rename_new);
    CHECK_EQ(move_new(rig.fs, "/d/none", "/d/b").error().code, Errc::not_found);
  }
}

TEST_CASE("move_new does not fall back to a link when a rename failed") {
  Rig rig(true);
  rig.fs.fail_op("rename_new", Errc::io);
  CHECK_EQ(move_new(rig.fs, "/d/a", "/d/b").error().code, Errc::io);
  CHECK_FALSE(rig.fs.find("link", "/d/a"));
  CHECK_EQ(rig.disk.names("/d"), Names{"a"});
}

TEST_CASE("a crash between link and unlink leaves one inode under both names") {
  Rig rig(false);
  rig.fs.freeze_from(2);
  CHECK_FALSE(move_new(rig.fs, "/d/a", "/d/b"));
  CHECK_EQ(rig.disk.names("/d"), Names{"a", "b"});
  CHECK_EQ(rig.disk.lstat("/d/a")->links, 2);
}

} // namespace coldpress
