#include "tests/contract/rigs.hpp"

#include <filesystem>

namespace coldpress {

namespace {

void put_symlink(const std::string& path, const std::string& target) {
  std::filesystem::create_symlink(target, path);
}

} // namespace

TEST_CASE_TEMPLATE("fs: open_read of a missing file says not_found", Rig, EVERY_FS) {
  Rig rig;
  const auto opened = rig.fs().open_read(rig.at("none"));
  REQUIRE(fails(opened, Errc::not_found));
  CHECK_EQ(opened.error().path, rig.at("none"));
}

TEST_CASE_TEMPLATE("fs: a file where a directory should be says not_found",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "1");
  CHECK(fails(rig.fs().open_read(rig.at("a/b")), Errc::not_found));
}

TEST_CASE_TEMPLATE("fs: open_read gives a handle that cannot write", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  const File file = open_file(rig.fs(), rig.at("a"));
  const std::string_view bytes = "two";
  CHECK_FALSE(rig.fs().write_at(file.handle(), std::as_bytes(std::span(bytes)), 0));
  CHECK_FALSE(rig.fs().truncate(file.handle(), 0));
  CHECK_EQ(contents(rig.fs(), rig.at("a")), "one");
}

TEST_CASE("fs: open_read and open_lock refuse a symlink on the real disk") {
  PosixRig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  put_symlink(rig.at("link"), rig.at("a"));
  CHECK(fails(rig.fs().open_read(rig.at("link")), Errc::invalid));
  CHECK(fails(rig.fs().open_lock(rig.at("link"), Create::no), Errc::invalid));
  CHECK_EQ(must(rig.fs().lstat(rig.at("link"))).type, FileType::symlink);
}

TEST_CASE("fs: a symlink in the middle of a path is followed on the real disk") {
  PosixRig rig;
  must(rig.fs().make_dir(rig.at("dir"), 0755));
  make_file(rig.fs(), rig.at("dir/a"), "one");
  put_symlink(rig.at("link"), rig.at("dir"));
  CHECK_EQ(contents(rig.fs(), rig.at("link/a")), "one");
  CHECK_EQ(must(rig.fs().real_path(rig.at("link/a"))), rig.at("dir/a"));
  // What is missing below it is absent, and no fault of the symlink.
  CHECK(fails(rig.fs().real_path(rig.at("link/none")), Errc::not_found));
  CHECK(fails(rig.fs().real_path(rig.at("link/none/b")), Errc::not_found));
}

TEST_CASE_TEMPLATE("fs: open_lock makes the file only when asked to", Rig, EVERY_FS) {
  Rig rig;
  CHECK(fails(rig.fs().open_lock(rig.at("l"), Create::no), Errc::not_found));
  const File made(rig.fs(), must(rig.fs().open_lock(rig.at("l"), Create::yes)));
  CHECK_EQ(must(rig.fs().stat(made.handle())).size, 0);
}

TEST_CASE_TEMPLATE("fs: open_lock keeps what an existing file holds", Rig, EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("l"), "record");
  const File file(rig.fs(), must(rig.fs().open_lock(rig.at("l"), Create::yes)));
  CHECK_EQ(contents(rig.fs(), file), "record");
  write(rig.fs(), file, "R", 0);
  CHECK_EQ(contents(rig.fs(), rig.at("l")), "Record");
}

TEST_CASE_TEMPLATE("fs: create_new refuses a taken name and leaves the file",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  make_file(rig.fs(), rig.at("a"), "one");
  CHECK(fails(rig.fs().create_new(rig.at("a"), 0644), Errc::exists));
  CHECK_EQ(contents(rig.fs(), rig.at("a")), "one");
}

TEST_CASE_TEMPLATE("fs: create_new gives the mode it was asked for", Rig, EVERY_FS) {
  Rig rig;
  const File file(rig.fs(), must(rig.fs().create_new(rig.at("a"), 0600)));
  CHECK_EQ(must(rig.fs().stat(file.handle())).mode, 0600U);
}

TEST_CASE_TEMPLATE("fs: an unnamed file is seen by nobody and goes with its handle",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  auto made = rig.fs().create_unnamed(rig.root());
  if (lacks(made, "unnamed files")) {
    return;
  }
  File file(rig.fs(), must(std::move(made)));
  write(rig.fs(), file, "one", 0);
  CHECK_EQ(contents(rig.fs(), file), "one");
  const FileStat stat = must(rig.fs().stat(file.handle()));
  CHECK_EQ(stat.links, 0);
  CHECK_EQ(stat.mode, 0600U);
  CHECK(names_in(rig.fs(), rig.root()).empty());
  file.reset();
  CHECK(names_in(rig.fs(), rig.root()).empty());
}

TEST_CASE_TEMPLATE("fs: an unnamed file in a missing directory says not_found",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  const auto made = rig.fs().create_unnamed(rig.at("none"));
  if (!lacks(made, "unnamed files")) {
    CHECK(fails(made, Errc::not_found));
  }
}

TEST_CASE_TEMPLATE("fs: link_handle names an unnamed file with all its bytes",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  auto made = rig.fs().create_unnamed(rig.root());
  if (lacks(made, "unnamed files")) {
    return;
  }
  File file(rig.fs(), must(std::move(made)));
  write(rig.fs(), file, "one", 0);
  must(rig.fs().link_handle(file.handle(), rig.at("a")));
  CHECK_EQ(must(rig.fs().stat(file.handle())).links, 1);
  CHECK_EQ(must(rig.fs().stat(file.handle())).inode,
           must(rig.fs().lstat(rig.at("a"))).inode);
  file.reset();
  CHECK_EQ(contents(rig.fs(), rig.at("a")), "one");
}

TEST_CASE_TEMPLATE("fs: link_handle refuses a taken name and can be tried again",
                   Rig,
                   EVERY_FS) {
  Rig rig;
  auto made = rig.fs().create_unnamed(rig.root());
  if (lacks(made, "unnamed files")) {
    return;
  }
  const File file(rig.fs(), must(std::move(made)));
  make_file(rig.fs(), rig.at("a"), "taken");
  CHECK(fails(rig.fs().link_handle(file.handle(), rig.at("a")), Errc::exists));
  CHECK_EQ(contents(rig.fs(), rig.at("a")), "taken");
  must(rig.fs().link_handle(file.handle(), rig.at("b")));
  CHECK(exists(rig.fs(), rig.at("b")));
}

TEST_CASE_TEMPLATE("fs: a deleted file cannot be linked back", Rig, EVERY_FS) {
  Rig rig;
  const File file = make_file(rig.fs(), rig.at("a"), "one");
  must(rig.fs().unlink(rig.at("a")));
  CHECK_FALSE(rig.fs().link_handle(file.handle(), rig.at("b")));
  CHECK_FALSE(exists(rig.fs(), rig.at("b")));
}

} // namespace coldpress
