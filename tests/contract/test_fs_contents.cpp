#include "tests/contract/rigs.hpp"

#include <array>

namespace coldpress {

TEST_CASE_TEMPLATE("fs: read_at is short only at the end, and 0 past it", Rig, EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), "0123456789");
  std::array<std::byte, 4> four{};
  CHECK_EQ(must(rig.fs().read_at(file.handle(), four, 2)), 4);
  CHECK_EQ(four[0], std::byte{'2'});
  CHECK_EQ(must(rig.fs().read_at(file.handle(), four, 8)), 2);
  CHECK_EQ(four[1], std::byte{'9'});
  CHECK_EQ(must(rig.fs().read_at(file.handle(), four, 10)), 0);
  CHECK_EQ(must(rig.fs().read_at(file.handle(), four, 1000)), 0);
}

TEST_CASE_TEMPLATE("fs: read_at of a directory fails", Rig, EVERY_FS) {
  Rig rig;
  const auto opened = rig.fs().open_read(rig.root());
  if (!opened) {
    return; // refused at the door: as good
  }
  const File dir(rig.fs(), *opened);
  std::array<std::byte, 4> four{};
  CHECK_FALSE(rig.fs().read_at(dir.handle(), four, 0));
}

TEST_CASE_TEMPLATE("fs: write_at changes just those bytes, and fills a gap with zeros",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), "0123");
  write(rig.fs(), file, "xy", 1);
  CHECK_EQ(contents(rig.fs(), file), "0xy3");
  write(rig.fs(), file, "z", 6);
  CHECK_EQ(contents(rig.fs(), file), std::string("0xy3\0\0z", 7));
  write(rig.fs(), file, "", 100);
  CHECK_EQ(must(rig.fs().stat(file.handle())).size, 7);
}

TEST_CASE_TEMPLATE("fs: large contents come back whole", Rig, EVERY_FS) {
  Rig rig;
  std::string bytes;
  for (int line = 0; bytes.size() < 300'000; ++line) {
    bytes += std::to_string(line) + "\n";
  }
  const File file = make_file(rig.fs(), rig.at("a"), bytes);
  CHECK(contents(rig.fs(), file) == bytes);
  CHECK_GE(must(rig.fs().stat(file.handle())).size, bytes.size());
}

TEST_CASE_TEMPLATE("fs: truncate shortens and lengthens", Rig, EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), "0123");
  must(rig.fs().truncate(file.handle(), 2));
  CHECK_EQ(contents(rig.fs(), file), "01");
  must(rig.fs().truncate(file.handle(), 3));
  CHECK_EQ(contents(rig.fs(), file), std::string("01\0", 3));
}

TEST_CASE_TEMPLATE("fs: a written file can be synced, and its directory", Rig, EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), "0123");
  CHECK(rig.fs().sync_file(file.handle()));
  CHECK(rig.fs().sync_dir(rig.root()));
  CHECK(fails(rig.fs().sync_dir(rig.at("none")), Errc::not_found));
  CHECK(fails(rig.fs().sync_dir(rig.at("a")), Errc::not_found));
}

TEST_CASE_TEMPLATE("fs: a closed handle is refused", Rig, MemRig, FaultRig) {
  Rig rig;
  File file = make_file(rig.fs(), rig.at("a"), "0123");
  const FileHandle stale = file.handle();
  file.reset();
  CHECK_FALSE(rig.fs().stat(stale));
  CHECK_FALSE(rig.fs().sync_file(stale));
}

TEST_CASE_TEMPLATE("fs: dropped pages are read again, dropping what is synced",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), std::string(64 * 1024, 'x'));
  must(rig.fs().sync_file(file.handle()));
  const auto dropped = rig.fs().drop_cache(file.handle(), 0, 0);
  if (lacks(dropped, "way to drop pages")) {
    return;
  }
  must(dropped);
  const auto cached = rig.fs().cached_bytes(file.handle());
  if (lacks(cached, "way to look into the page cache")) {
    return;
  }
  const std::uint64_t left = must(cached);
  if (left != 0) { // tmpfs lives in the page cache
    MESSAGE("skipped, this file system keeps its pages");
    return;
  }
  CHECK(contents(rig.fs(), file) == std::string(64 * 1024, 'x'));
  CHECK_GE(must(rig.fs().cached_bytes(file.handle())), 64 * 1024);
}

} // namespace coldpress
