#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>

using namespace coldpress;

TEST_CASE("cat prints a rollout in either form by path, file name or thread id") {
  CodexHome home;
  const std::string rollout = home.add({});
  const std::string bytes = rollout_content({});
  const std::vector<std::string> ways{home / rollout,
                                      home / (rollout + ".zst"),
                                      file_name(1),
                                      file_name(1) + ".zst",
                                      thread_id(1),
                                      "0199AAAA-BBBB-7CCC-8DDD-000000000001"};
  for (const bool compressed : {false, true}) {
    if (compressed) {
      REQUIRE_EQ(home.compress().code, 0);
      REQUIRE_FALSE(exists(home / rollout));
    }
    for (const std::string& way : ways) {
      CAPTURE(compressed);
      CAPTURE(way);
      const ProgramEnd end = home.run({"cat", way});
      CHECK_EQ(end.code, 0);
      CHECK_EQ(differing(end.out, bytes), "");
      CHECK_EQ(end.err, "");
    }
  }
}

TEST_CASE("cat says of a thread without a file that it is not saved yet") {
  CodexHome home;
  make_dirs(home / "thread-writer-locks");
  write_file(home / ("thread-writer-locks/" + thread_id(9) + ".lock"), "");
  const ProgramEnd end = home.run({"cat", thread_id(9)});
  CHECK_EQ(end.code, 1);
  CHECK_HAS(end.err, "not saved yet: the thread has no turn so far");
  CHECK_EQ(end.out, "");
}

TEST_CASE("cat says that a thread or file is unknown") {
  const CodexHome home;
  for (const std::string& what :
       {thread_id(7), file_name(7), home / "archived_sessions/none.jsonl"}) {
    const ProgramEnd end = home.run({"cat", what});
    CAPTURE(what);
    CHECK_EQ(end.code, 1);
    CHECK_HAS(end.err, "no such");
    CHECK_EQ(end.err.find("not saved yet: the thread has no turn so far"),
             std::string::npos);
  }
}

TEST_CASE("cat ends quietly when nobody reads on") {
  CodexHome home;
  home.add({.bytes = 2'000'000});
  REQUIRE_EQ(home.compress().code, 0);
  ProgramStart start = home.coldpress({"cat", thread_id(1)});
  start.stdout_broken = true;
  const ProgramEnd end = run_program(start);
  CHECK_EQ(end.code, 0);
  CHECK_EQ(end.err, "");
}

TEST_CASE("cat refuses a .zst with a wrong bit and keeps it") {
  CodexHome home;
  const std::string rollout = home.add({});
  REQUIRE_EQ(home.compress().code, 0);
  const std::string path = home / (rollout + ".zst");
  std::string frame = read_file(path);
  frame[frame.size() / 2] = static_cast<char>(frame[frame.size() / 2] ^ 0x10);
  write_file(path, frame);
  const ProgramEnd end = home.run({"cat", thread_id(1)});
  CHECK_EQ(end.code, 4); // damage
  CHECK_HAS(end.err, path);
  const ProgramEnd restore = home.run({"restore", thread_id(1)});
  CHECK_NE(restore.code, 0);
  CHECK_EQ(differing(read_file(path), frame), "");
  CHECK_FALSE(exists(home / rollout));
  CHECK(litter(home.path()).empty());
}
