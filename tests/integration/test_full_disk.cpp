#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <sys/mount.h>
#include <sys/stat.h>

using namespace coldpress;

namespace {

// A disk of a few megabytes in place of an empty directory.
class SmallDisk {
public:
  SmallDisk(std::string dir, const char* options) : dir_(std::move(dir)) {
    mounted_ = ::mount("tmpfs", dir_.c_str(), "tmpfs", 0, options) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) {
      ::umount2(dir_.c_str(), MNT_DETACH);
    }
  }
  bool works() const { return mounted_; }

private:
  std::string dir_;
  bool mounted_ = false;
};

} // namespace

TEST_CASE(
    "on a full disk the large rollout stays whole and the small one is compressed") {
  CodexHome home;
  const SmallDisk disk(home / "archived_sessions", "size=8m");
  if (!disk.works()) {
    MESSAGE("skipped: may not mount here");
    return;
  }
  const RolloutFile large{.number = 1, .bytes = 5'000'000, .compressible = false};
  const RolloutFile small{.number = 2, .bytes = 400'000};
  const std::string large_path = home / home.add(large);
  const std::string small_path = home / home.add(small);
  const ProgramEnd end = home.compress({"--min-free", "0B", "--jobs", "1"});
  CHECK_EQ(end.code, 3);
  CHECK_HAS(end.err, "no_space");
  CHECK_HAS(end.err, "ENOSPC");
  CHECK_EQ(differing(read_file(large_path), rollout_content(large)), "");
  CHECK_FALSE(exists(large_path + ".zst"));
  CHECK_FALSE(exists(small_path));
  CHECK_EQ(differing(rollout_bytes(small_path), rollout_content(small)), "");
  CHECK(litter(home.path()).empty());
}

TEST_CASE("less free space than limits.min_free compresses nothing and says so") {
  CodexHome home;
  const std::string rollout = home.add({});
  const ProgramEnd end = home.compress({"--min-free", "4000000GiB"});
  CHECK_EQ(end.code, 3);
  CHECK_HAS(end.err, "are free, less than limits.min_free (3.8 PiB); free disk space");
  CHECK_EQ(differing(read_file(home / rollout), rollout_content({})), "");
  CHECK_FALSE(exists(home / (rollout + ".zst")));
}

TEST_CASE("restore without enough space leaves each rollout as it was") {
  CodexHome home;
  const std::string rollout = home.add({});
  REQUIRE_EQ(home.compress().code, 0);
  const Listing before = list(home / "archived_sessions");
  const ProgramEnd end = home.run({"restore", "--all", "--min-free", "4000000GiB"});
  CHECK_EQ(end.code, 3);
  CHECK_HAS(end.err, "failed (no_space)");
  CHECK_HAS(end.err, "its .zst is unchanged; free disk space");
  CHECK_EQ(difference(before, list(home / "archived_sessions")), "");
}
