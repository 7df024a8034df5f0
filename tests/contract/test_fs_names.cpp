#include "tests/contract/rigs.hpp"

namespace coldpress {

using Names = std::vector<std::string>;

TEST_CASE_TEMPLATE("fs: stat and lstat tell the same of one file", Rig, EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), "0123");
  const FileStat open = must(rig.fs().stat(file.handle()));
  const FileStat named = must(rig.fs().lstat(rig.at("a")));
  CHECK_EQ(open.type, FileType::regular);
  CHECK_EQ(open.inode, named.inode);
  CHECK_EQ(open.device, named.device);
  CHECK_EQ(open.size, 4);
  CHECK_EQ(named.size, 4);
  CHECK_EQ(named.links, 1);
  CHECK(open.mtime == named.mtime);
  CHECK_EQ(must(rig.fs().lstat(rig.root())).type, FileType::directory);
  CHECK(fails(rig.fs().lstat(rig.at("none")), Errc::not_found));
}

TEST_CASE_TEMPLATE("fs: link gives a second name to one inode", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  must(rig.fs().link(rig.at("a"), rig.at("b")));
  CHECK_EQ(must(rig.fs().lstat(rig.at("a"))).inode,
           must(rig.fs().lstat(rig.at("b"))).inode);
  CHECK_EQ(must(rig.fs().lstat(rig.at("a"))).links, 2);
  must(rig.fs().unlink(rig.at("a")));
  CHECK_EQ(contents(rig.fs(), rig.at("b")), "one");
  CHECK_EQ(must(rig.fs().lstat(rig.at("b"))).links, 1);
}

TEST_CASE_TEMPLATE("fs: link refuses a taken name and a missing file", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  make_file(rig.fs(), rig.at("b"), "two");
  CHECK(fails(rig.fs().link(rig.at("a"), rig.at("b")), Errc::exists));
  CHECK_EQ(contents(rig.fs(), rig.at("b")), "two");
  CHECK(fails(rig.fs().link(rig.at("none"), rig.at("c")), Errc::not_found));
}

TEST_CASE_TEMPLATE("fs: rename_new moves the inode and never replaces", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  const std::uint64_t inode = must(rig.fs().lstat(rig.at("a"))).inode;
  const auto moved = rig.fs().rename_new(rig.at("a"), rig.at("b"));
  if (lacks(moved, "rename without replacing")) {
    CHECK_EQ(names_in(rig.fs(), rig.root()), Names{"a"});
    return;
  }
  must(moved);
  CHECK_EQ(must(rig.fs().lstat(rig.at("b"))).inode, inode);
  CHECK_EQ(must(rig.fs().lstat(rig.at("b"))).links, 1);
  make_file(rig.fs(), rig.at("c"), "two");
  CHECK(fails(rig.fs().rename_new(rig.at("b"), rig.at("c")), Errc::exists));
  CHECK_EQ(contents(rig.fs(), rig.at("b")), "one");
  CHECK_EQ(contents(rig.fs(), rig.at("c")), "two");
  CHECK(fails(rig.fs().rename_new(rig.at("none"), rig.at("d")), Errc::not_found));
}

TEST_CASE_TEMPLATE("fs: rename_new moves from one directory to another", Rig, EVERY_FS) {
  Rig rig;
  must(rig.fs().make_dir(rig.at("d"), 0755));
  make_file(rig.fs(), rig.at("a"), "one");
  const auto moved = rig.fs().rename_new(rig.at("a"), rig.at("d/b"));
  if (lacks(moved, "rename without replacing")) {
    return;
  }
  CHECK_EQ(contents(rig.fs(), rig.at("d/b")), "one");
  CHECK_FALSE(exists(rig.fs(), rig.at("a")));
}

TEST_CASE_TEMPLATE("fs: a rename moves ctime and leaves mtime", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  const FileStat before = must(rig.fs().lstat(rig.at("a")));
  rig.tick();
  if (lacks(rig.fs().rename_new(rig.at("a"), rig.at("b")), "rename")) {
    return;
  }
  const FileStat after = must(rig.fs().lstat(rig.at("b")));
  CHECK(after.mtime == before.mtime);
  CHECK(after.ctime > before.ctime);
}

TEST_CASE_TEMPLATE("fs: a link and an unlink move ctime", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  const FileStat before = must(rig.fs().lstat(rig.at("a")));
  rig.tick();
  must(rig.fs().link(rig.at("a"), rig.at("b")));
  const FileStat linked = must(rig.fs().lstat(rig.at("a")));
  CHECK(linked.ctime > before.ctime);
  rig.tick();
  must(rig.fs().unlink(rig.at("b")));
  CHECK(must(rig.fs().lstat(rig.at("a"))).ctime > linked.ctime);
}

TEST_CASE_TEMPLATE("fs: rename_exchange swaps two files", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  make_file(rig.fs(), rig.at("b"), "two");
  const auto swapped = rig.fs().rename_exchange(rig.at("a"), rig.at("b"));
  if (lacks(swapped, "exchange of names")) {
    return;
  }
  must(swapped);
  CHECK_EQ(contents(rig.fs(), rig.at("a")), "two");
  CHECK_EQ(contents(rig.fs(), rig.at("b")), "one");
  CHECK_EQ(must(rig.fs().lstat(rig.at("a"))).links, 1);
  CHECK(fails(rig.fs().rename_exchange(rig.at("a"), rig.at("none")), Errc::not_found));
  CHECK_EQ(contents(rig.fs(), rig.at("a")), "two");
}

TEST_CASE_TEMPLATE("fs: unlink takes the name; an open handle still reads",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  const File file = open_file(rig.fs(), rig.at("a"));
  must(rig.fs().unlink(rig.at("a")));
  CHECK_FALSE(exists(rig.fs(), rig.at("a")));
  CHECK_EQ(contents(rig.fs(), file), "one");
  CHECK_EQ(must(rig.fs().stat(file.handle())).links, 0);
  CHECK(fails(rig.fs().unlink(rig.at("a")), Errc::not_found));
}

TEST_CASE_TEMPLATE("fs: unlink does not take a directory", Rig, EVERY_FS) {
  Rig rig;
  must(rig.fs().make_dir(rig.at("d"), 0755));
  CHECK_FALSE(rig.fs().unlink(rig.at("d")));
  CHECK(exists(rig.fs(), rig.at("d")));
}

TEST_CASE_TEMPLATE("fs: make_dir makes one level and refuses a taken name",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  must(rig.fs().make_dir(rig.at("d"), 0700));
  CHECK_EQ(must(rig.fs().lstat(rig.at("d"))).type, FileType::directory);
  CHECK_EQ(must(rig.fs().lstat(rig.at("d"))).mode, 0700U);
  CHECK(fails(rig.fs().make_dir(rig.at("d"), 0700), Errc::exists));
  make_file(rig.fs(), rig.at("f"), "");
  CHECK(fails(rig.fs().make_dir(rig.at("f"), 0700), Errc::exists));
  CHECK(fails(rig.fs().make_dir(rig.at("x/y"), 0700), Errc::not_found));
}

TEST_CASE_TEMPLATE("fs: list_dir tells every entry and its type", Rig, EVERY_FS) {
  Rig rig;
  must(rig.fs().make_dir(rig.at("d"), 0755));
  make_file(rig.fs(), rig.at("f"), "");
  make_file(rig.fs(), rig.at(".hidden"), "");
  CHECK_EQ(names_in(rig.fs(), rig.root()), Names{".hidden", "d", "f"});
  for (const DirEntry& entry : must(rig.fs().list_dir(rig.root()))) {
    CHECK_EQ(entry.type, entry.name == "d" ? FileType::directory : FileType::regular);
  }
  CHECK(fails(rig.fs().list_dir(rig.at("none")), Errc::not_found));
  CHECK(fails(rig.fs().list_dir(rig.at("f")), Errc::not_found));
}

TEST_CASE_TEMPLATE("fs: names are bytes, not text", Rig, EVERY_FS) {
  Rig rig;
  const std::string name = "odd \n\xff\xc3(";
  make_file(rig.fs(), rig.at(name), "one");
  CHECK_EQ(names_in(rig.fs(), rig.root()), Names{name});
  CHECK_EQ(contents(rig.fs(), rig.at(name)), "one");
}

TEST_CASE_TEMPLATE("fs: real_path is absolute and has no dots", Rig, EVERY_FS) {
  Rig rig;
  must(rig.fs().make_dir(rig.at("d"), 0755));
  CHECK_EQ(must(rig.fs().real_path(rig.at("d/../d/."))), rig.at("d"));
  CHECK(fails(rig.fs().real_path(rig.at("none")), Errc::not_found));
}

TEST_CASE_TEMPLATE("fs: space tells what is left of the whole", Rig, EVERY_FS) {
  Rig rig;
  const SpaceInfo space = must(rig.fs().space(rig.root()));
  CHECK_GT(space.total, 0);
  CHECK_LE(space.available, space.total);
  CHECK_LE(space.files_available, space.files_total);
  CHECK_FALSE(space.read_only);
  CHECK_FALSE(space.type.empty());
  CHECK(space.known_local);
  CHECK(fails(rig.fs().space(rig.at("none")), Errc::not_found));
}

TEST_CASE_TEMPLATE("fs: make_dirs makes what is missing and is content with the rest",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  must(make_dirs(rig.fs(), rig.at("a/b/c"), 0755));
  must(make_dirs(rig.fs(), rig.at("a/b/c"), 0755));
  CHECK_EQ(must(rig.fs().lstat(rig.at("a/b/c"))).type, FileType::directory);
}

TEST_CASE_TEMPLATE("fs: read_small reads all, or says it is too much", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "12345");
  CHECK_EQ(must(read_small(rig.fs(), rig.at("a"), 5)), "12345");
  CHECK(fails(read_small(rig.fs(), rig.at("a"), 4), Errc::invalid));
  CHECK(fails(read_small(rig.fs(), rig.at("none"), 4), Errc::not_found));
}

} // namespace coldpress
