#include "tests/integration/codex_home.hpp"

#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>

using namespace coldpress;

namespace {

constexpr std::chrono::seconds k_soon{55};
constexpr off_t k_some = 50'000;
const RolloutFile k_large{.bytes = 6'000'000};

// The temp file a running coldpress writes: its /proc/<pid>/fd path, or empty. It has
// no name, or one that says so.
std::string temp_of(pid_t pid, off_t at_least) {
  std::error_code gone;
  const std::string fds = fmt::format("/proc/{}/fd", pid);
  for (const auto& entry : std::filesystem::directory_iterator(fds, gone)) {
    const std::string path = entry.path().string();
    const std::string target = std::filesystem::read_symlink(path, gone).string();
    struct stat stat {};
    const bool temp = target.find("/archived_sessions/#") != std::string::npos ||
                      target.ends_with(".coldpress-part");
    if (temp && ::stat(path.c_str(), &stat) == 0 && stat.st_size >= at_least) {
      return path;
    }
  }
  return {};
}

// Stops the program once it has written some of a large file; SIGCONT lets it go on.
bool stop_in_the_middle(Program& program) {
  const bool there =
      program.wait_until([&] { return !temp_of(program.pid(), k_some).empty(); }, k_soon);
  program.signal(SIGSTOP);
  return there && !temp_of(program.pid(), k_some).empty();
}

void check_stopped_by(int number) {
  CodexHome home;
  const std::string rollout = home.add(k_large);
  const Listing before = list(home / "archived_sessions");
  Program run(home.compressing({"--codec-level", "12"}));
  REQUIRE(stop_in_the_middle(run));
  const auto asked = std::chrono::steady_clock::now();
  run.signal(number);
  run.signal(SIGCONT);
  const ProgramEnd end = run.wait();
  CHECK_EQ(end.code, 128 + number);
  CHECK_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds{5});
  CHECK_EQ(difference(before, list(home / "archived_sessions"), {""}), "");
  CHECK(litter(home.path()).empty());
  CHECK_FALSE(exists(home / ".tmp/rollout-compression.lock"));
}

} // namespace

TEST_CASE("SIGINT in the middle of a large rollout exits 130 and leaves it as it was") {
  check_stopped_by(SIGINT);
}

TEST_CASE("SIGTERM in the middle of a large rollout exits 143 and leaves it as it was") {
  check_stopped_by(SIGTERM);
}

TEST_CASE(
    "SIGHUP of a closed terminal in the middle of a rollout exits 129 in good order") {
  check_stopped_by(SIGHUP);
}

TEST_CASE("run --until-eof stops as by SIGTERM once its standard input has ended") {
  CodexHome home;
  home.add(k_large);
  const Listing before = list(home / "archived_sessions");
  const ProgramEnd end = home.compress({"--until-eof", "--codec-level", "12"});
  CHECK_EQ(end.code, 128 + SIGTERM);
  CHECK_EQ(difference(before, list(home / "archived_sessions"), {""}), "");
  CHECK(litter(home.path()).empty());
}

TEST_CASE("a signal stops restore and leaves the .zst as it was") {
  CodexHome home;
  const RolloutFile file{.bytes = 20'000'000};
  const std::string rollout = home.add(file);
  REQUIRE_EQ(home.compress({"--codec-level", "1"}).code, 0);
  const Listing before = list(home / "archived_sessions");
  Program restore(home.coldpress({"restore", "--all"}));
  REQUIRE(stop_in_the_middle(restore));
  restore.signal(SIGTERM);
  restore.signal(SIGCONT);
  const ProgramEnd end = restore.wait();
  if (end.code == 0) {
    MESSAGE("it had been done before the signal came");
    CHECK_EQ(differing(read_file(home / rollout), rollout_content(file)), "");
  } else {
    CHECK_EQ(end.code, 128 + SIGTERM);
    CHECK_EQ(difference(before, list(home / "archived_sessions"), {""}), "");
  }
  CHECK(litter(home.path()).empty());
}

TEST_CASE("after kill -9 at any moment one more run leaves a clean readable store") {
  constexpr int k_files = 4;
  for (const int milliseconds : {2, 5, 10, 15, 20, 30, 40, 55, 70, 90, 120, 160}) {
    CAPTURE(milliseconds);
    CodexHome home;
    for (int number = 1; number <= k_files; ++number) {
      home.add({.number = number, .bytes = 300'000});
    }
    {
      Program run(home.compressing());
      run.wait_until([] { return false; }, std::chrono::milliseconds{milliseconds});
      run.signal(SIGKILL);
      run.wait();
    }
    for (int number = 1; number <= k_files; ++number) {
      const std::string path = home / ("archived_sessions/" + file_name(number));
      CHECK_EQ(differing(rollout_bytes(path),
                         rollout_content({.number = number, .bytes = 300'000})),
               "");
    }
    const ProgramEnd next = home.compress();
    CHECK_EQ(next.code, 0);
    for (int number = 1; number <= k_files; ++number) {
      const std::string path = home / ("archived_sessions/" + file_name(number));
      CHECK_EQ(differing(rollout_bytes(path),
                         rollout_content({.number = number, .bytes = 300'000})),
               "");
    }
    const std::vector<std::string> left = litter(home.path());
    CHECK_EQ(left, std::vector<std::string>());
  }
}

TEST_CASE("a byte changed in the temp file before it is read back is refused") {
  CodexHome home;
  const std::string rollout = home.add(k_large);
  const Listing before = list(home / "archived_sessions");
  Program run(home.compressing({"--codec-level", "12"}));
  REQUIRE(stop_in_the_middle(run));
  constexpr off_t k_at = k_some - 1;
  const int temp = ::open(temp_of(run.pid(), k_some).c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE_GE(temp, 0);
  char byte = 0;
  REQUIRE_EQ(::pread(temp, &byte, 1, k_at), 1);
  byte = static_cast<char>(byte ^ 0x04);
  REQUIRE_EQ(::pwrite(temp, &byte, 1, k_at), 1);
  ::close(temp);
  run.signal(SIGCONT);
  const ProgramEnd end = run.wait();
  CHECK_EQ(end.code, 4); // damage: somebody should look at the disk
  CHECK_HAS(end.err, file_name(1));
  CHECK_EQ(difference(before, list(home / "archived_sessions"), {""}), "");
  CHECK(litter(home.path()).empty());
}

TEST_CASE("a rollout that changes while it is compressed is left as its writer made it") {
  CodexHome home;
  const std::string rollout = home.add(k_large);
  Program run(home.compressing({"--codec-level", "12"}));
  REQUIRE(stop_in_the_middle(run));
  SUBCASE("appended to") {
    const std::string line = "{\"type\":\"event_msg\",\"payload\":{}}\n";
    std::FILE* writer = std::fopen((home / rollout).c_str(), "ae");
    REQUIRE(writer != nullptr);
    std::fputs(line.c_str(), writer);
    std::fclose(writer);
    run.signal(SIGCONT);
    CHECK_EQ(run.wait().code, 0);
    CHECK_EQ(differing(read_file(home / rollout), rollout_content(k_large) + line), "");
  }
  SUBCASE("deleted") {
    REQUIRE_EQ(::unlink((home / rollout).c_str()), 0);
    run.signal(SIGCONT);
    CHECK_EQ(run.wait().code, 0);
    CHECK_FALSE(exists(home / rollout));
  }
  CHECK_FALSE(exists(home / (rollout + ".zst")));
  CHECK(litter(home.path()).empty());
}
