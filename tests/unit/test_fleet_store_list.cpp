#include "tests/support/fake_clock.hpp"
#include "tests/support/fault_fs.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/fleet/path_pattern.hpp"
#include "worker/fleet/store_list.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cerrno>

using namespace coldpress;

namespace {

const PathRules k_rules{"/home/me", "/lists"};

// "path=size path=-", or the error.
std::string shown(const Result<std::vector<ListedStore>>& list) {
  if (!list) {
    return describe(list.error());
  }
  std::string text;
  for (const ListedStore& store : *list) {
    text += fmt::format("{}{}={}",
                        text.empty() ? "" : " ",
                        store.path,
                        store.bytes ? std::to_string(*store.bytes) : "-");
  }
  return text;
}

std::string parsed(std::string_view text) {
  return shown(parse_store_list(text, "list.txt", k_rules));
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("blank lines, comments and blanks around a name do not count") {
  CHECK_EQ(parsed("# all of them\n\n  /b  \n\t\n  # more\n\t# and more\n/a\r\n"),
           "/a=- /b=-");
  CHECK_EQ(parsed("/last/without/newline"), "/last/without/newline=-");
}

TEST_CASE("names are relative to the list, and ~ is the home") {
  CHECK_EQ(parsed("a/.codex\n~/.codex\n./b\n#c\n"),
           "/home/me/.codex=- /lists/a/.codex=- /lists/b=-");
}

TEST_CASE("a name that stands there in two ways is one store, with its larger size") {
  CHECK_EQ(parsed("/a/\n/a\n//a/./\n"), "/a=-");
  CHECK_EQ(parsed("/a\t5\n/a\n/a\t7\n"), "/a=7");
  CHECK_EQ(parsed("/a/../a\n/a\n"), "/a=- /a/../a=-"); // the first may be another
}

TEST_CASE("behind a tab stands a size") {
  CHECK_EQ(parsed("/a\t0\n/b\t12\n/c\t1.5 KiB\n/d e\t 7 \n/f\t\n"),
           "/a=0 /b=12 /c=1536 /d e=7 /f=-");
  for (const char* line :
       {"/a\tx", "/a\t-1", "/a\tb\tc", "\t/a", "/a\t99999999999999999999"}) {
    CAPTURE(line);
    const std::string error = parsed(fmt::format("/z\n{}\n", line));
    CHECK(has(error, "list.txt:2"));
    CHECK(has(error, "size"));
  }
}

TEST_CASE("a bad name is an error with file and line") {
  CHECK(has(parsed("/a\n~other/.codex\n"), "list.txt:2"));
  CHECK(has(parsed("\t5\n"), "list.txt:1"));
  CHECK(has(parsed(std::string_view("/a\0b\n", 5)), "list.txt:1"));
}

TEST_CASE("a list of no store is an error") {
  CHECK(has(parsed(""), "list.txt"));
  CHECK(has(parsed("# nothing\n\n"), "names no store"));
}

TEST_CASE("a list that cannot be read is an error with file, call and errno") {
  const FakeClock clock;
  MemFs fs(clock);
  const std::string missing = shown(read_store_list(fs, "stores.txt", k_rules));
  CHECK(has(missing, "/lists/stores.txt"));
  CHECK(has(missing, "ENOENT"));
  REQUIRE(fs.make_dir("/lists", 0700));
  REQUIRE(fs.make_dir("/lists/stores.txt", 0700));
  CHECK(has(shown(read_store_list(fs, "stores.txt", k_rules)), "/lists/stores.txt"));
}

TEST_CASE("a pattern finds directories at each level, but none that begins with a dot") {
  const FakeClock clock;
  MemFs fs(clock);
  for (const char* dir : {"/home",
                          "/home/a",
                          "/home/a/.codex",
                          "/home/b",
                          "/home/bb",
                          "/home/bb/.codex",
                          "/home/.c",
                          "/home/.c/.codex"}) {
    REQUIRE(fs.make_dir(dir, 0700));
  }
  const auto found = [&](const char* pattern) {
    return shown(match_store_list(fs, pattern, PathRules{"/home", "/home"}));
  };
  CHECK_EQ(found("/home/*/.codex"), "/home/a/.codex=- /home/bb/.codex=-");
  CHECK_EQ(found("b?/.codex"), "/home/bb/.codex=-");
  CHECK_EQ(found("~/[ab]"), "/home/a=- /home/b=-");
  CHECK_EQ(found("/home/.*/.codex"), "/home/.c/.codex=-");
  CHECK(has(found("/home/*/codex"), "nothing matches"));
  CHECK(has(found("/nowhere/*"), "nothing matches"));
}

TEST_CASE(
    "a directory of a pattern that cannot be listed is an error, not an empty one") {
  const FakeClock clock;
  MemFs disk(clock);
  REQUIRE(disk.make_dir("/home", 0700));
  FaultFs fs(disk);
  fs.fail_op("list_dir", Errc::io, EIO);
  const std::string error = shown(match_store_list(fs, "/home/*", k_rules));
  CHECK(has(error, "/home"));
  CHECK(has(error, "EIO"));
}

TEST_CASE("the line of a store is read back as that store") {
  for (const ListedStore& store :
       {ListedStore{"/a b", 7}, ListedStore{"/a", std::nullopt}, ListedStore{"/#a", 0}}) {
    CHECK_EQ(parsed(line_of(store)), shown(std::vector{store}));
  }
  for (const char* name : {"/a\tb", "/a\nb", "/a "}) {
    CHECK_EQ(line_of({name, 7}), "");
  }
}

TEST_CASE("two lists have one digest only if they are equal") {
  const std::vector<ListedStore> list{{"/a", 1}, {"/b", std::nullopt}};
  CHECK_EQ(digest_of(list), digest_of(list));
  CHECK_EQ(digest_of(list).size(), 16U);
  CHECK_NE(digest_of(list), digest_of({{"/a", 2}, {"/b", std::nullopt}}));
  CHECK_NE(digest_of(list), digest_of({{"/a", 1}}));
  CHECK_NE(digest_of({{"/a", std::nullopt}}), digest_of({{"/a", 0}}));
}
