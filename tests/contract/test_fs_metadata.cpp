#include "tests/contract/rigs.hpp"

namespace coldpress {

namespace {

constexpr WallTime k_past = std::chrono::sys_days{std::chrono::year{2025} / 11 / 3} +
                            std::chrono::hours{7} + std::chrono::nanoseconds{123'456'789};

} // namespace

TEST_CASE_TEMPLATE("fs: set_mtime keeps every nanosecond and moves ctime",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), "one");
  const FileStat before = must(rig.fs().stat(file.handle()));
  rig.tick();
  must(rig.fs().set_mtime(file.handle(), k_past));
  const FileStat after = must(rig.fs().stat(file.handle()));
  CHECK(after.mtime == k_past);
  CHECK(after.ctime > before.ctime);
}

TEST_CASE_TEMPLATE("fs: times before 1970 are kept, too", Rig, EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), "one");
  const WallTime early{std::chrono::nanoseconds{-1}};
  must(rig.fs().set_mtime(file.handle(), early));
  CHECK(must(rig.fs().stat(file.handle())).mtime == early);
}

TEST_CASE_TEMPLATE("fs: a write moves mtime and ctime", Rig, EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), "one");
  must(rig.fs().set_mtime(file.handle(), k_past));
  const FileStat before = must(rig.fs().stat(file.handle()));
  rig.tick();
  write(rig.fs(), file, "two", 0);
  const FileStat after = must(rig.fs().stat(file.handle()));
  CHECK(after.mtime > before.mtime);
  CHECK(after.ctime > before.ctime);
}

TEST_CASE_TEMPLATE("fs: reading moves neither mtime nor ctime", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  const FileStat before = must(rig.fs().lstat(rig.at("a")));
  rig.tick();
  CHECK_EQ(contents(rig.fs(), rig.at("a")), "one");
  const FileStat after = must(rig.fs().lstat(rig.at("a")));
  CHECK(after.mtime == before.mtime);
  CHECK(after.ctime == before.ctime);
}

TEST_CASE_TEMPLATE("fs: set_mode sets all permission bits and moves ctime",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), "one");
  const FileStat before = must(rig.fs().stat(file.handle()));
  rig.tick();
  must(rig.fs().set_mode(file.handle(), 0640));
  const FileStat after = must(rig.fs().stat(file.handle()));
  CHECK_EQ(after.mode, 0640U);
  CHECK(after.mtime == before.mtime);
  CHECK(after.ctime > before.ctime);
}

TEST_CASE_TEMPLATE("fs: an owner may keep a file as it is", Rig, EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), "one");
  const FileStat stat = must(rig.fs().stat(file.handle()));
  CHECK(rig.fs().set_owner(file.handle(), stat.uid, stat.gid));
  CHECK_EQ(must(rig.fs().stat(file.handle())).uid, stat.uid);
}

TEST_CASE_TEMPLATE("fs: allocated grows with the contents", Rig, EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), std::string(10'000, 'x'));
  must(rig.fs().sync_file(file.handle()));
  CHECK_GT(must(rig.fs().stat(file.handle())).allocated, 0);
}

TEST_CASE_TEMPLATE("fs: attributes are set, listed, read, replaced and removed",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), "one");
  const auto set = rig.fs().set_xattr(file.handle(), "user.color", "red");
  if (lacks(set, "extended attributes")) {
    CHECK(must(rig.fs().list_xattrs(file.handle())).empty());
    return;
  }
  must(set);
  must(rig.fs().set_xattr(file.handle(), "user.bytes", std::string_view("\0\xff", 2)));
  std::vector<std::string> names = must(rig.fs().list_xattrs(file.handle()));
  std::erase_if(names,
                [](const std::string& name) { return !name.starts_with("user."); });
  std::sort(names.begin(), names.end());
  CHECK_EQ(names, std::vector<std::string>{"user.bytes", "user.color"});
  CHECK_EQ(must(rig.fs().get_xattr(file.handle(), "user.bytes")),
           std::string("\0\xff", 2));
  must(rig.fs().set_xattr(file.handle(), "user.color", std::string(1000, 'b')));
  CHECK_EQ(must(rig.fs().get_xattr(file.handle(), "user.color")), std::string(1000, 'b'));
  must(rig.fs().remove_xattr(file.handle(), "user.color"));
  CHECK_FALSE(rig.fs().get_xattr(file.handle(), "user.color"));
  CHECK_FALSE(rig.fs().remove_xattr(file.handle(), "user.color"));
}

TEST_CASE_TEMPLATE("fs: an attribute moves ctime and leaves mtime", Rig, EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), "one");
  const FileStat before = must(rig.fs().stat(file.handle()));
  rig.tick();
  if (lacks(rig.fs().set_xattr(file.handle(), "user.color", "red"), "attributes")) {
    return;
  }
  const FileStat after = must(rig.fs().stat(file.handle()));
  CHECK(after.ctime > before.ctime);
  CHECK(after.mtime == before.mtime);
}

} // namespace coldpress
