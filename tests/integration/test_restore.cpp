#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <csignal>

using namespace coldpress;

TEST_CASE("restore brings back bytes, mtime and mode and removes the .zst") {
  CodexHome home;
  const RolloutFile file{.mode = 0640};
  const std::string rollout = home.add(file);
  const Listing before = list(home / "archived_sessions", Inodes::without);
  REQUIRE_EQ(home.compress().code, 0);
  REQUIRE(exists(home / (rollout + ".zst")));
  const ProgramEnd end = home.run({"restore", thread_id(1)});
  CHECK_EQ(end.code, 0);
  Listing after = list(home / "archived_sessions", Inodes::without);
  CHECK_EQ(difference(before, after, {""}), "");
  CHECK_EQ(differing(read_file(home / rollout), rollout_content(file)), "");
}

TEST_CASE("what was restored is held from the next run") {
  CodexHome home;
  const std::string rollout = home.add({});
  REQUIRE_EQ(home.compress().code, 0);
  REQUIRE_EQ(home.run({"restore", file_name(1)}).code, 0);
  const ProgramEnd end = home.compress();
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "held");
  CHECK(exists(home / rollout));
  CHECK_HAS(home.run({"plan", "--settle", "0s"}).out, "held");
}

TEST_CASE("restore of a plain rollout changes nothing and is no failure") {
  CodexHome home;
  const std::string rollout = home.add({});
  const ProgramEnd end = home.run({"restore", home / rollout});
  CHECK_EQ(end.code, 0);
  CHECK_EQ(differing(read_file(home / rollout), rollout_content({})), "");
}

TEST_CASE("restore never replaces a plain file that stands there") {
  CodexHome home;
  const std::string rollout = home.add({});
  REQUIRE_EQ(home.compress().code, 0);
  write_file(home / rollout, "a writer's");
  const ProgramEnd end = home.run({"restore", home / rollout});
  CAPTURE(end.out);
  CHECK_EQ(read_file(home / rollout), "a writer's");
  CHECK(exists(home / (rollout + ".zst")));
}

TEST_CASE("restore --all killed half way goes on where it was") {
  CodexHome home;
  constexpr int k_files = 12;
  for (int number = 1; number <= k_files; ++number) {
    home.add({.number = number, .bytes = 1'000'000});
  }
  REQUIRE_EQ(home.compress().code, 0);
  REQUIRE_EQ(names_ending(home.path(), ".zst").size(), k_files);
  {
    Program first(home.coldpress({"restore", "--all", "--settle", "0s"}));
    first.wait_until([&] { return names_ending(home.path(), ".jsonl").size() >= 3; },
                     std::chrono::seconds{30});
    first.signal(SIGKILL);
    first.wait();
  }
  // The kill may have left one rollout in both forms: that is the recovery's to decide.
  CHECK_EQ(home.run({"sweep", "--settle", "0s"}).code, 0);
  CHECK_EQ(home.run({"restore", "--all", "--settle", "0s"}).code, 0);
  CHECK(names_ending(home.path(), ".zst").empty());
  for (int number = 1; number <= k_files; ++number) {
    const std::string path = home / ("archived_sessions/" + file_name(number));
    CHECK_EQ(differing(read_file(path),
                       rollout_content({.number = number, .bytes = 1'000'000})),
             "");
  }
  CHECK(litter(home.path()).empty());
}

TEST_CASE("restore refuses a rollout outside the store and an unknown one") {
  CodexHome home;
  CodexHome other;
  const std::string foreign = other / other.add({});
  const ProgramEnd end = home.run({"restore", foreign});
  CHECK_EQ(end.code, 2);
  CHECK_HAS(end.err, "--store");
  CHECK_EQ(home.run({"restore", thread_id(77)}).code, 1);
  CHECK_EQ(home.run({"restore"}).code, 2);
}

TEST_CASE("restore of a long run of zeros takes no more of the disk than it must") {
  CodexHome home;
  const std::string text = rollout_content({.bytes = 20'000});
  const RolloutFile file{.content = text + std::string(8'000'000, '\0') + "{}\n"};
  const std::string rollout = home.add(file);
  REQUIRE_EQ(home.compress().code, 0);
  REQUIRE(exists(home / (rollout + ".zst")));
  REQUIRE_EQ(home.run({"restore", thread_id(1)}).code, 0);
  CHECK_EQ(differing(read_file(home / rollout), rollout_content(file)), "");
  struct stat stat {};
  REQUIRE_EQ(::stat((home / rollout).c_str(), &stat), 0);
  CHECK_LT(stat.st_blocks * 512, 400'000);
}

TEST_CASE("restore --all leaves only what does not fit") {
  CodexHome home;
  const std::string big = home.add({.number = 1, .bytes = 400'000});
  const std::string small = home.add({.number = 2});
  REQUIRE_EQ(home.compress().code, 0);
  // What its header claims its bytes could hold, and no disk here has.
  const std::string frame = home / (big + ".zst");
  std::string bytes = read_file(frame);
  const std::size_t single = (static_cast<unsigned char>(bytes[4]) >> 5U) & 1U;
  const std::size_t code = static_cast<unsigned char>(bytes[4]) >> 6U;
  const std::size_t sizes[] = {single, 2, 4, 8};
  const std::size_t rest = 5 + (1 - single) + sizes[code];
  std::string header = bytes.substr(0, 4);
  header += static_cast<char>(0xc0U | (static_cast<unsigned char>(bytes[4]) & 0x1fU));
  header += '\x68';
  header += std::string("\0\0\0\0\x80\0\0\0", 8); // 512 GiB
  bytes = header + bytes.substr(rest) + std::string(20'000'000, 'x');
  write_file(frame, bytes);
  set_age(frame, 30);
  const ProgramEnd end = home.run({"restore", "--all", "--min-free", "0"});
  CAPTURE(end.out);
  CAPTURE(end.err);
  CHECK_NE(end.code, 0);
  CHECK_HAS(end.out + end.err, "no_space");
  CHECK(exists(home / small));
  CHECK_EQ(read_file(frame), bytes);
  CHECK_FALSE(exists(home / big));
}
