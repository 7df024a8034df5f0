#include "fsutil/replace_file.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

namespace {

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  FaultFs fs{disk};
  explicit Rig(bool exchange = true) {
    MemFeatures features;
    features.rename_new = exchange;
    disk.set_features(features);
    disk.put_dir("/d");
  }
};

} // namespace

TEST_CASE("a file is replaced with its mode, also one that was not there") {
  for (const bool exchange : {true, false}) {
    CAPTURE(exchange);
    Rig rig(exchange);
    REQUIRE(replace_file(rig.fs, "/d/f", "first", 0600));
    CHECK(rig.disk.get("/d/f") == "first");
    CHECK(rig.disk.lstat("/d/f")->mode == 0600);
    REQUIRE(replace_file(rig.fs, "/d/f", "2nd", 0644));
    CHECK(rig.disk.get("/d/f") == "2nd");
    CHECK(rig.disk.lstat("/d/f")->mode == 0644);
    CHECK(rig.disk.names("/d").size() == 1);
    rig.disk.power_cut();
    CHECK(rig.disk.get("/d/f") == "2nd");
  }
}

TEST_CASE("a symlink is replaced, and what it points to stays") {
  Rig rig;
  rig.disk.put("/d/other", "theirs");
  rig.disk.put_symlink("/d/f", "/d/other");
  REQUIRE(replace_file(rig.fs, "/d/f", "ours", 0600));
  CHECK(rig.disk.get("/d/f") == "ours");
  CHECK(rig.disk.get("/d/other") == "theirs");
}

TEST_CASE("a directory is not replaced") {
  Rig rig;
  rig.disk.put("/d/f/inside", "theirs");
  const auto done = replace_file(rig.fs, "/d/f", "ours", 0600);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == Errc::invalid);
  CHECK(rig.disk.get("/d/f/inside") == "theirs");
  CHECK(rig.disk.names("/d").size() == 1);
}

TEST_CASE("whatever fails, the old file or the new one stands, and no temp file") {
  Rig counting;
  counting.disk.put("/d/f", "old");
  REQUIRE(replace_file(counting.fs, "/d/f", "new", 0600));
  const int calls = counting.fs.calls();
  REQUIRE(calls > 5);
  for (int nth = 0; nth < calls; ++nth) {
    CAPTURE(nth);
    Rig rig;
    rig.disk.put("/d/f", "old");
    rig.fs.fail_call(nth, Errc::io);
    (void)replace_file(rig.fs, "/d/f", "new", 0600);
    const std::string bytes = rig.disk.get("/d/f");
    CHECK((bytes == "old" || bytes == "new"));
  }
}
