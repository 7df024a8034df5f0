#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace coldpress;

namespace {

struct stat stat_of(const std::string& path) {
  struct stat stat {};
  REQUIRE_EQ(::lstat(path.c_str(), &stat), 0);
  return stat;
}

// What `zstd -lv` says about a file.
std::string frame_report(const std::string& path) {
  const ProgramEnd listed = run_program({{"zstd", "-lv", path}, {}});
  CHECK_EQ(listed.code, 0);
  return listed.out + listed.err;
}

void check_compressed(const CodexHome& home,
                      const std::string& rollout,
                      const std::string& bytes,
                      const struct stat& before) {
  CAPTURE(rollout);
  CHECK_FALSE(exists(home / rollout));
  CHECK_EQ(differing(rollout_bytes(home / rollout), bytes), "");
  const struct stat after = stat_of(home / (rollout + ".zst"));
  CHECK_EQ(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
  CHECK_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  CHECK_EQ(after.st_mode, before.st_mode);
  CHECK_EQ(after.st_uid, before.st_uid);
  CHECK_EQ(after.st_gid, before.st_gid);
  CHECK_EQ(after.st_nlink, 1);
}

void check_exact(std::string content) {
  CodexHome home;
  RolloutFile file;
  file.content = std::move(content);
  const std::string rollout = home.add(file);
  const struct stat before = stat_of(home / rollout);
  CHECK_EQ(home.compress().code, 0);
  check_compressed(home, rollout, *file.content, before);
}

} // namespace

TEST_CASE("run compresses the archived tree and each frame decodes to the same bytes") {
  CodexHome home;
  std::map<std::string, struct stat> before;
  std::map<std::string, std::string> bytes;
  for (int number = 1; number <= 6; ++number) {
    RolloutFile file;
    file.number = number;
    file.bytes = 30'000U * static_cast<unsigned>(number * number);
    file.mode = number % 3 == 0 ? 0400 : number % 3 == 1 ? 0600 : 0644;
    const std::string rollout = home.add(file);
    before[rollout] = stat_of(home / rollout);
    bytes[rollout] = rollout_content(file);
  }
  const ProgramEnd end = home.compress();
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "compressed");
  for (const auto& [rollout, content] : bytes) {
    check_compressed(home, rollout, content, before[rollout]);
  }
  CHECK(litter(home.path()).empty());
}

TEST_CASE("a result is one frame with a checksum and its true content size") {
  CodexHome home;
  RolloutFile file;
  const std::string rollout = home.add(file);
  REQUIRE_EQ(home.compress().code, 0);
  const std::string report = frame_report(home / (rollout + ".zst"));
  CHECK_HAS(report, "# Zstandard Frames: 1\n");
  CHECK_HAS(report, "Check: XXH64");
  CHECK_HAS(report, "(" + std::to_string(rollout_content(file).size()) + " B)");
}

TEST_CASE("run changes nothing but rollouts, lock files, the marker and coldpress/") {
  CodexHome home;
  home.add({.number = 1});
  home.add({.number = 2, .days_old = 1});
  home.add({.number = 3, .tree = "sessions/2026/01/05"});
  write_file(home / "config.toml", "model = \"x\"\n");
  write_file(home / "state_5.sqlite", "not even a database");
  write_file(home / "archived_sessions/notes.txt", "mine");
  write_file(home / "archived_sessions/rollout-compress-abcdef.tmp",
             "of a running Codex");
  make_dirs(home / "thread-writer-locks");
  const Listing before = list(home.path());
  REQUIRE_EQ(home.compress().code, 0);
  std::vector<std::string> ignored = k_of_its_own;
  ignored.insert(ignored.end(),
                 {"archived_sessions/" + file_name(1),
                  "archived_sessions/" + file_name(1) + ".zst"});
  Listing before_less = before;
  Listing after = list(home.path());
  before_less.erase("archived_sessions"); // its mtime moves with the names in it
  after.erase("archived_sessions");
  CHECK_EQ(difference(before_less, after, ignored), "");

  std::vector<std::string> made;
  for (const auto& [path, line] : after) {
    if (!before.contains(path)) {
      made.push_back(path);
    }
  }
  const std::vector<std::string> expected{".tmp",
                                          ".tmp/rollout-compression.lock",
                                          ".tmp/rollout-maintenance.lock",
                                          "archived_sessions/" + file_name(1) + ".zst",
                                          "coldpress",
                                          "coldpress/ledger.sqlite",
                                          "coldpress/store.lock",
                                          "thread-writer-locks/.coordination.lock"};
  CHECK_EQ(made, expected);
}

TEST_CASE("a second run changes no rollout and no compressed file") {
  CodexHome home;
  home.add({.number = 1});
  home.add({.number = 2, .days_old = 1});
  home.add({.number = 3, .bytes = 9'000, .compressible = false});
  REQUIRE_EQ(home.compress().code, 0);
  const Listing before = list(home.path());
  const ProgramEnd second = home.compress();
  CHECK_EQ(second.code, 0);
  CHECK_HAS(second.out, "Nothing to ");
  CHECK_EQ(difference(before, list(home.path()), {"coldpress", ".tmp"}), "");
}

TEST_CASE("the active tree is compressed only when roots name it") {
  CodexHome home;
  const std::string rollout = home.add({.tree = "sessions/2026/01/05"});
  const ProgramEnd first = home.compress();
  CHECK_EQ(first.code, 0);
  CHECK(exists(home / rollout));
  CHECK_HAS(home.run({"plan", "--settle", "0s"}).out, "--roots archived,active");
  CHECK_EQ(home.compress({"--roots", "archived,active", "--active-without-lease", "true"})
               .code,
           0);
  CHECK_FALSE(exists(home / rollout));
  CHECK_EQ(differing(rollout_bytes(home / rollout), rollout_content({})), "");
}

TEST_CASE("bytes that are no good JSON come back as they were") {
  const std::string good = rollout_content({});
  SUBCASE("a torn last line") {
    check_exact(good + R"({"timestamp":"2026-01-05T09:00:02.000Z","type":"resp)");
  }
  SUBCASE("CRLF line ends") {
    std::string crlf;
    for (const char c : good) {
      crlf += c == '\n' ? "\r\n" : std::string(1, c);
    }
    check_exact(crlf);
  }
  SUBCASE("NUL bytes") {
    check_exact(good + std::string(5'000, '\0') + "\n" + good);
  }
  SUBCASE("bad UTF-8 and blank lines") {
    check_exact(good + "\xff\xfe\x80\n\n\n{\"a\":\"\xc3\x28\"}\n");
  }
  SUBCASE("no newline at the end") {
    check_exact(good.substr(0, good.size() - 1));
  }
}

TEST_CASE("run works with standard input closed") {
  CodexHome home;
  const std::string rollout = home.add({});
  ProgramStart start = home.compressing();
  start.stdin_closed = true;
  CHECK_EQ(run_program(start).code, 0);
  CHECK_EQ(differing(rollout_bytes(home / rollout), rollout_content({})), "");
  CHECK_FALSE(exists(home / rollout));
}

TEST_CASE("an ordinary user compresses a store of their own") {
  CodexHome home;
  const std::string rollout = home.add({});
  home.give_to_ordinary_user();
  const struct stat before = stat_of(home / rollout);
  CHECK_EQ(run_program(home.as_ordinary_user(home.compressing())).code, 0);
  check_compressed(home, rollout, rollout_content({}), before);
}

TEST_CASE("an existing .zst beside the plain file is not replaced") {
  CodexHome home;
  const std::string rollout = home.add({});
  write_file(home / (rollout + ".zst"), "somebody else's");
  const ProgramEnd end = home.compress({"--settle", "1h"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "both_forms");
  CHECK_EQ(read_file(home / (rollout + ".zst")), "somebody else's");
  CHECK_EQ(differing(read_file(home / rollout), rollout_content({})), "");
}

TEST_CASE("a .zst that is not its rollout is a conflict and nothing is touched") {
  CodexHome home;
  const std::string rollout = home.add({});
  write_file(home / (rollout + ".zst"), "somebody else's");
  set_age(home / (rollout + ".zst"), 30);
  const ProgramEnd end = home.compress();
  CHECK_EQ(end.code, 4);
  CHECK_HAS(end.err, "conflict");
  CHECK_EQ(read_file(home / (rollout + ".zst")), "somebody else's");
  CHECK_EQ(differing(read_file(home / rollout), rollout_content({})), "");
}

TEST_CASE("a rollout too large for one look is compressed with a window that suits it") {
  CodexHome home;
  const std::string rollout = home.add({.bytes = 70'000'000});
  const ProgramEnd end = home.compress({"--json"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, R"("outcome":"compressed","detail":"level 9, window 2^)");
  CHECK_FALSE(exists(home / rollout));
  CHECK_EQ(
      differing(rollout_bytes(home / rollout), rollout_content({.bytes = 70'000'000})),
      "");
}
