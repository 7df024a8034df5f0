#include "fsutil/metadata.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"

#include <doctest/doctest.h>

#include <cerrno>

namespace coldpress {

namespace {

constexpr WallTime k_past{std::chrono::nanoseconds{1'700'000'000'123'456'789}};

struct Rig {
  FakeClock clock;
  MemFs disk{clock};
  FaultFs fs{disk};

  Rig() {
    disk.put("/from", "one", k_past);
    disk.put("/to", "frame");
    disk.set_mode_of("/from", 0640);
    disk.set_xattr_of("/from", "user.color", "red");
  }
  Result<void> copy() {
    const File from(fs, fs.open_read("/from").value());
    const File to(fs, fs.open_lock("/to", Create::no).value());
    return copy_metadata(
        fs, from.handle(), FileStamp::of(fs.stat(from.handle()).value()), to.handle());
  }
  std::string xattr(const std::string& name) {
    const File file(disk, disk.open_read("/to").value());
    return disk.get_xattr(file.handle(), name).value_or("(none)");
  }
};

} // namespace

TEST_CASE("copy_metadata gives mode, attributes and the mtime's every nanosecond") {
  Rig rig;
  CHECK(rig.copy());
  const FileStat to = rig.disk.lstat("/to").value();
  CHECK_EQ(to.mode, 0640U);
  CHECK(to.mtime == k_past);
  CHECK_EQ(rig.xattr("user.color"), "red");
}

TEST_CASE("copy_metadata leaves contents alone, and the source as it was") {
  Rig rig;
  const FileStamp before = FileStamp::of(rig.disk.lstat("/from").value());
  CHECK(rig.copy());
  CHECK_EQ(rig.disk.get("/to"), "frame");
  CHECK(FileStamp::of(rig.disk.lstat("/from").value()) == before);
}

TEST_CASE("copy_metadata removes an attribute the source does not have") {
  Rig rig;
  rig.disk.set_xattr_of("/to", "user.stray", "1");
  CHECK(rig.copy());
  CHECK_EQ(rig.xattr("user.stray"), "(none)");
}

TEST_CASE("root gives the file to the source's owner") {
  Rig rig;
  rig.disk.set_owner_of("/from", 77, 78);
  rig.disk.set_user(0, 0);
  CHECK(rig.copy());
  CHECK_EQ(rig.disk.lstat("/to")->uid, 77U);
  CHECK_EQ(rig.disk.lstat("/to")->gid, 78U);
}

TEST_CASE("an owner that cannot be kept is unsupported, with the reason") {
  Rig rig;
  rig.disk.set_owner_of("/from", 77, 78);
  rig.disk.set_mode_of("/from", 0644);
  const auto copied = rig.copy();
  REQUIRE_FALSE(copied);
  CHECK_EQ(copied.error().code, Errc::unsupported);
  CHECK_FALSE(copied.error().context.empty());
}

TEST_CASE("an attribute the file system refuses is unsupported, and named") {
  Rig rig;
  rig.fs.fail_op("set_xattr", Errc::denied, EPERM);
  const auto copied = rig.copy();
  REQUIRE_FALSE(copied);
  CHECK_EQ(copied.error().code, Errc::unsupported);
  CHECK_NE(describe(copied.error()).find("user.color"), std::string::npos);
}

TEST_CASE("a full disk is not taken for metadata that cannot be kept") {
  Rig rig;
  rig.fs.fail_op("set_xattr", Errc::no_space, ENOSPC);
  CHECK_EQ(rig.copy().error().code, Errc::no_space);
}

TEST_CASE("every call of copy_metadata that fails makes it fail") {
  Rig counting;
  CHECK(counting.copy());
  for (int nth = 0; nth < counting.fs.calls() - 3; ++nth) {
    CAPTURE(nth);
    Rig rig;
    // The three calls before it open both files and take the stamp.
    rig.fs.fail_call(nth + 3, Errc::io, EIO);
    CHECK_FALSE(rig.copy());
  }
}

} // namespace coldpress
