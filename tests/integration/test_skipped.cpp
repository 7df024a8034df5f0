#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace coldpress;

namespace {

// What run says about each rollout: name -> "action reason".
std::string decision(const ProgramEnd& end, const std::string& name) {
  const std::size_t at =
      end.out.find("\"message_type\":\"decision\",\"rollout\":\"" + name);
  const std::size_t action = end.out.find("\"reason\":\"", at);
  if (at == std::string::npos || action == std::string::npos) {
    return "no decision about " + name + " in\n" + end.out;
  }
  const std::size_t begin = action + 10;
  return end.out.substr(begin, end.out.find('"', begin) - begin);
}

// Runs, and expects that the one rollout stays as it is for this reason.
void check_left_alone(const CodexHome& home,
                      const std::string& rollout,
                      const std::string& reason,
                      const std::vector<std::string>& more = {}) {
  const Listing before = list(home.path());
  std::vector<std::string> words{"--json"};
  words.insert(words.end(), more.begin(), more.end());
  const ProgramEnd end = home.compress(words);
  CHECK_EQ(end.code, 0);
  CHECK_EQ(decision(end, rollout), reason);
  CHECK_EQ(difference(before, list(home.path()), k_of_its_own), "");
}

} // namespace

TEST_CASE("a rollout that is no cold plain file of ours is left with its reason") {
  CodexHome home;
  const std::string name = "archived_sessions/" + file_name(1);
  SUBCASE("0 bytes") {
    home.add({.content = ""});
    check_left_alone(home, name, "empty");
  }
  SUBCASE("a second hard link") {
    home.add({});
    REQUIRE_EQ(::link((home / name).c_str(), (home / "second").c_str()), 0);
    check_left_alone(home, name, "hard_linked");
  }
  SUBCASE("a symlink") {
    home.add({});
    const std::string target = home / "elsewhere.jsonl";
    REQUIRE_EQ(::rename((home / name).c_str(), target.c_str()), 0);
    REQUIRE_EQ(::symlink(target.c_str(), (home / name).c_str()), 0);
    check_left_alone(home, name, "symlink");
  }
  SUBCASE("a FIFO") {
    REQUIRE_EQ(::mkfifo((home / name).c_str(), 0600), 0);
    check_left_alone(home, name, "not_regular");
  }
  SUBCASE("a directory") {
    make_dirs(home / name);
    write_file(home / (name + "/inside"), "x");
    const Listing before = list(home.path());
    CHECK_EQ(home.compress().code, 0);
    CHECK_EQ(difference(before, list(home.path()), k_of_its_own), "");
  }
  SUBCASE("younger than cold_after") {
    home.add({.days_old = 6});
    check_left_alone(home, name, "too_young");
  }
  SUBCASE("touched within settle") {
    home.add({});
    check_left_alone(home, name, "unsettled", {"--settle", "1h"});
  }
  SUBCASE("an mtime in the future") {
    home.add({.days_old = -3});
    check_left_alone(home, name, "future_mtime");
  }
  SUBCASE("no session_meta") {
    home.add({.content = std::string(20'000, 'x') + "\n"});
    check_left_alone(home, name, "no_session_meta");
  }
  SUBCASE("one block or less") {
    home.add({.bytes = 1'000});
    check_left_alone(home, name, "too_small");
  }
  SUBCASE("its thread is excluded") {
    home.add({});
    check_left_alone(home, name, "excluded", {"--exclude", thread_id(1)});
  }
  SUBCASE("its project is excluded") {
    home.add({.cwd = "/home/somebody/secret/part"});
    check_left_alone(home, name, "excluded", {"--exclude", "/home/somebody/secret"});
  }
}

TEST_CASE("a project whose name only begins alike is not excluded") {
  CodexHome home;
  const std::string rollout = home.add({.cwd = "/home/somebody/secretary"});
  CHECK_EQ(home.compress({"--exclude", "/home/somebody/secret"}).code, 0);
  CHECK_FALSE(exists(home / rollout));
}

TEST_CASE("names with odd bytes are told in safe letters and left alone") {
  CodexHome home;
  home.add({});
  const std::string odd = "archived_sessions/rollout-\x1b[31m\n\xff.jsonl";
  write_file(home / odd, rollout_content({}));
  set_age(home / odd, 30);
  const ProgramEnd end = home.compress({"--json"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, R"(\\x1b[31m\\x0a\\xff.jsonl)");
  CHECK_EQ(end.out.find('\x1b'), std::string::npos);
  CHECK_EQ(differing(read_file(home / odd), rollout_content({})), "");
  CHECK(exists(home / ("archived_sessions/" + file_name(1) + ".zst")));
  const ProgramEnd plan = home.run({"plan", "--all"});
  CHECK_HAS(plan.out, R"(\x1b[31m\x0a\xff.jsonl)");
  CHECK_EQ(plan.out.find('\x1b'), std::string::npos);
}

TEST_CASE("a rollout without gain is remembered until it changes") {
  CodexHome home;
  const std::string rollout = home.add({.bytes = 9'000, .compressible = false});
  const ProgramEnd first = home.compress({"--json"});
  CHECK_EQ(first.code, 0);
  CHECK_EQ(decision(first, rollout), "cold");
  CHECK_HAS(first.out, "\"reason\":\"no_gain\"");
  CHECK_EQ(decision(home.compress({"--json"}), rollout), "no_gain");
  CHECK_FALSE(exists(home / (rollout + ".zst")));

  write_file(home / rollout, rollout_content({}));
  set_age(home / rollout, 30);
  CHECK_EQ(home.compress().code, 0);
  CHECK_EQ(differing(rollout_bytes(home / rollout), rollout_content({})), "");
  CHECK(exists(home / (rollout + ".zst")));
}

TEST_CASE("a rollout that is open for writing is not compressed") {
  CodexHome home;
  const std::string rollout = home.add({});
  std::FILE* writer = std::fopen((home / rollout).c_str(), "ae");
  REQUIRE(writer != nullptr);
  const ProgramEnd end = home.compress();
  CHECK_EQ(end.code, 0);
#ifndef COLDPRESS_PORTABLE
  CHECK_HAS(end.out, "open_for_writing");
  CHECK(exists(home / rollout));
  CHECK_FALSE(exists(home / (rollout + ".zst")));
#endif
  std::fclose(writer);
  CHECK_EQ(differing(rollout_bytes(home / rollout), rollout_content({})), "");
}

TEST_CASE("a rollout that is a hole is left at once, however long it is") {
  CodexHome home;
  const std::string rollout = home.add({});
  home.add({.number = 2});
  constexpr std::int64_t k_length = std::int64_t{1} << 42U;
  const std::string turn =
      turn_line(days_ago(50), R"(,"multi_agent_version":"v1")"); // who wrote last
  const int fd = ::open((home / rollout).c_str(), O_WRONLY | O_CLOEXEC);
  const auto size = static_cast<std::int64_t>(turn.size());
  const bool long_enough =
      ::pwrite(fd, "\n", 1, k_length - size - 1) == 1 &&
      ::pwrite(fd, turn.data(), turn.size(), k_length - size) == size;
  ::close(fd);
  if (!long_enough) {
    MESSAGE("skipped, this file system has no files of 4 TiB");
    return;
  }
  set_age(home / rollout, 30);
  const ProgramEnd plan = home.run({"plan", "--json", "--settle", "0s"});
  CHECK_EQ(plan.code, 0);
  CHECK_HAS(plan.out, R"("reason":"sparse")");
  const ProgramEnd end = home.compress();
  CHECK_EQ(end.code, 0);
  CHECK(exists(home / rollout));
  CHECK_FALSE(exists(home / ("archived_sessions/" + file_name(2))));
  const ProgramEnd report = home.run({"report"});
  CHECK_EQ(report.code, 0);
  CHECK_HAS(report.out, " KiB on disk; in plain form they would be 4.0 TiB");
  CHECK(report.out.find("less than a day") == std::string::npos);
  const ProgramEnd status = home.run({"status", "--json"});
  CHECK_HAS(status.out, R"("plain_rollouts":1)");
}
