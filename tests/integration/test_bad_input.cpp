#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace coldpress;

TEST_CASE("a store that is missing or a file is refused with what to do") {
  CodexHome home;
  ProgramStart start = home.compressing();
  SUBCASE("missing") {
    start.command.back() = home.outside() + "/nowhere";
    const ProgramEnd end = run_program(start);
    CHECK_EQ(end.code, 1);
    CHECK_HAS(end.err, "nowhere");
    CHECK_HAS(end.err, "--store");
    CHECK_FALSE(exists(home.outside() + "/nowhere"));
  }
  SUBCASE("a file") {
    start.command.back() = home.outside() + "/file";
    write_file(start.command.back(), "x");
    const ProgramEnd end = run_program(start);
    CHECK_EQ(end.code, 2);
    CHECK_HAS(end.err, "not a directory");
    CHECK_EQ(read_file(home.outside() + "/file"), "x");
  }
  SUBCASE("no Codex home by the look of it") {
    make_dirs(home.outside() + "/empty");
    const ProgramEnd end =
        run_program({{COLDPRESS_PROGRAM, "plan", "--store", home.outside() + "/empty"},
                     {{"HOME", home.outside()}}});
    CHECK_EQ(end.code, 1);
    CHECK_EQ(end.out, "");
    CHECK_HAS(end.err, "neither sessions/ nor archived_sessions/");
  }
}

TEST_CASE("a store that cannot be read is refused with what to do") {
  CodexHome home;
  home.give_to_ordinary_user();
  ::chmod(home.path().c_str(), 0000);
  const ProgramEnd end = run_program(home.as_ordinary_user(home.compressing()));
  ::chmod(home.path().c_str(), 0700);
  CHECK_EQ(end.code, 1);
  CHECK_HAS(end.err, "EACCES");
  CHECK_HAS(end.err, "owner");
}

TEST_CASE("a directory that cannot be read does not stop the pass") {
  CodexHome home;
  const std::string open = home.add({.tree = "sessions/2026/01/05"});
  make_dirs(home / "sessions/2026/01/06");
  home.add({.number = 2, .tree = "sessions/2026/01/06"});
  home.give_to_ordinary_user();
  ::chmod((home / "sessions/2026/01/06").c_str(), 0000);
  const ProgramEnd end = run_program(home.as_ordinary_user(home.compressing(
      {"--roots", "archived,active", "--active-without-lease", "true"})));
  ::chmod((home / "sessions/2026/01/06").c_str(), 0700);
  CHECK_EQ(end.code, 3);
  CHECK_HAS(end.err, "sessions/2026/01/06");
  CHECK_FALSE(exists(home / open));
  CHECK_EQ(differing(rollout_bytes(home / open), rollout_content({})), "");
}

TEST_CASE("a rollout that may not be read is left with its reason, and exit 3 says so") {
  CodexHome home;
  home.add({.mode = 0000});
  const std::string other = home.add({.number = 2});
  home.give_to_ordinary_user();
  const ProgramEnd end = run_program(home.as_ordinary_user(home.compressing()));
  CHECK_EQ(end.code, 3);
  CHECK_HAS(end.out, "unreadable");
  CHECK(exists(home / (other + ".zst")));
  CHECK(exists(home / ("archived_sessions/" + file_name(1))));
}

TEST_CASE("root is refused on somebody else's store and told what to do") {
  if (!we_are_root()) {
    MESSAGE("skipped: needs root");
    return;
  }
  CodexHome home;
  home.add({});
  home.give_to_ordinary_user();
  const Listing before = list(home.path());
  const ProgramEnd end = home.compress();
  CHECK_EQ(end.code, 1);
  CHECK_HAS(end.err, "sudo -u '#65534'");
  CHECK_EQ(difference(before, list(home.path())), "");
}

TEST_CASE("a rollout of another owner is left alone") {
  if (!we_are_root()) {
    MESSAGE("skipped: needs root to give a file away");
    return;
  }
  CodexHome home;
  const std::string rollout = home.add({});
  REQUIRE_EQ(::chown((home / rollout).c_str(), k_ordinary_user, k_ordinary_user), 0);
  const ProgramEnd end = home.compress();
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "not_owner");
  CHECK(exists(home / rollout));
}

TEST_CASE("a tree that is a symlink is reported and left alone") {
  CodexHome home;
  const std::string rollout = home.add({});
  const std::string elsewhere = home.outside() + "/elsewhere";
  REQUIRE_EQ(::rename((home / "archived_sessions").c_str(), elsewhere.c_str()), 0);
  REQUIRE_EQ(::symlink(elsewhere.c_str(), (home / "archived_sessions").c_str()), 0);
  const ProgramEnd end = home.compress();
  CHECK_EQ(end.code, 3);
  CHECK_HAS(end.err, "a symlink");
  CHECK(exists(home / rollout));
  CHECK(names_ending(elsewhere, ".zst").empty());
}
