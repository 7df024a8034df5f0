#include "fsutil/walk.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"

#include <doctest/doctest.h>

#include <set>

namespace coldpress {

namespace {

struct Seen {
  std::set<std::string> paths;
  std::vector<Error> errors;
};

struct Rig {
  FakeClock clock;
  MemFs fs{clock};

  Seen walk_all(const std::string& root, int max_depth = 8) {
    Seen seen;
    walk(
        fs,
        root,
        max_depth,
        [&seen](const std::string& dir, const DirEntry& entry) {
          CHECK(seen.paths.insert(join_path(dir, entry.name)).second);
        },
        [&seen](Error error) { seen.errors.push_back(std::move(error)); });
    return seen;
  }
};

using Paths = std::set<std::string>;

} // namespace

TEST_CASE("walk visits every file below the root once, and no directory") {
  Rig rig;
  rig.fs.put("/r/a", "");
  rig.fs.put("/r/2026/01/b", "");
  rig.fs.put("/r/2026/01/c", "");
  rig.fs.put_dir("/r/empty");
  rig.fs.put("/other", "");
  const Seen seen = rig.walk_all("/r");
  CHECK_EQ(seen.paths, Paths{"/r/a", "/r/2026/01/b", "/r/2026/01/c"});
  CHECK(seen.errors.empty());
}

TEST_CASE("walk visits a symlink and does not follow it") {
  Rig rig;
  rig.fs.put("/out/a", "");
  rig.fs.put_symlink("/r/link", "/out");
  rig.fs.put_symlink("/r/loop", "/r");
  CHECK_EQ(rig.walk_all("/r").paths, Paths{"/r/link", "/r/loop"});
}

TEST_CASE("walk takes a missing root for an empty one") {
  Rig rig;
  const Seen seen = rig.walk_all("/none");
  CHECK(seen.paths.empty());
  CHECK(seen.errors.empty());
}

TEST_CASE("walk tells of a directory it cannot list, and goes on") {
  Rig rig;
  rig.fs.put("/r/a/x", "");
  rig.fs.put("/r/b/y", "");
  rig.fs.put("/r/c/z", "");
  rig.fs.set_mode_of("/r/b", 0);
  const Seen seen = rig.walk_all("/r");
  CHECK_EQ(seen.paths, Paths{"/r/a/x", "/r/c/z"});
  REQUIRE_EQ(seen.errors.size(), 1);
  CHECK_EQ(seen.errors[0].path, "/r/b");
  CHECK_EQ(seen.errors[0].code, Errc::denied);
}

TEST_CASE("walk goes no deeper than it was told") {
  Rig rig;
  rig.fs.put("/r/0", "");
  rig.fs.put("/r/d/1", "");
  rig.fs.put("/r/d/d/2", "");
  CHECK_EQ(rig.walk_all("/r", 0).paths, Paths{"/r/0"});
  CHECK_EQ(rig.walk_all("/r", 1).paths, Paths{"/r/0", "/r/d/1"});
}

} // namespace coldpress
