#include "fsutil/replace_file.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

struct Rig {
  FakeClock clock;
  MemFs fs{clock};

  Rig() { fs.put_dir("/d"); }
};

} // namespace

TEST_CASE("a file that is not there is made with the mode asked for") {
  Rig rig;
  REQUIRE(replace_file(rig.fs, "/d/new", "text", 0640));
  CHECK_EQ(rig.fs.get("/d/new"), "text");
  CHECK_EQ(rig.fs.lstat("/d/new")->mode, 0640);
  rig.fs.power_cut();
  CHECK_EQ(rig.fs.get("/d/new"), "text");
}

TEST_CASE("a file that is there is replaced, keeps its mode and leaves nothing behind") {
  Rig rig;
  rig.fs.put("/d/file", "old");
  rig.fs.set_mode_of("/d/file", 0604);
  SUBCASE("where names can be exchanged") {}
  SUBCASE("where they cannot") {
    MemFeatures features;
    features.rename_new = false;
    rig.fs.set_features(features);
  }
  REQUIRE(replace_file(rig.fs, "/d/file", "new text", 0600));
  CHECK_EQ(rig.fs.lstat("/d/file")->mode, 0604);
  CHECK_EQ(rig.fs.list_dir("/d")->size(), 1);
  rig.fs.power_cut();
  CHECK_EQ(rig.fs.get("/d/file"), "new text");
}

TEST_CASE("a file of somebody else stays his, or is not replaced") {
  Rig rig;
  rig.fs.put("/d/file", "old");
  rig.fs.set_owner_of("/d/file", 1234, 1234);
  SUBCASE("root can give it back to him") {
    rig.fs.set_user(0, 0);
    REQUIRE(replace_file(rig.fs, "/d/file", "new", 0600));
    CHECK_EQ(rig.fs.lstat("/d/file")->uid, 1234);
  }
  SUBCASE("others cannot") {
    const auto done = replace_file(rig.fs, "/d/file", "new", 0600);
    REQUIRE_FALSE(done);
    CHECK_EQ(done.error().code, Errc::denied);
    CHECK_EQ(rig.fs.get("/d/file"), "old");
    CHECK_EQ(rig.fs.list_dir("/d")->size(), 1);
  }
}

TEST_CASE("a symlink stays one, and the file behind it is replaced") {
  Rig rig;
  rig.fs.put("/d/real", "old");
  rig.fs.put_symlink("/d/link", "/d/real");
  REQUIRE(replace_file(rig.fs, "/d/link", "new", 0600));
  CHECK_EQ(rig.fs.get("/d/real"), "new");
  CHECK_EQ(rig.fs.lstat("/d/link")->type, FileType::symlink);
}

TEST_CASE("what is no file is not replaced") {
  Rig rig;
  rig.fs.put_dir("/d/sub");
  const auto done = replace_file(rig.fs, "/d/sub", "text", 0600);
  REQUIRE_FALSE(done);
  CHECK_EQ(done.error().code, Errc::invalid);
}
