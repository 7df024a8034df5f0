#include "tests/integration/codex_home.hpp"
#include "tests/integration/locked_file.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

using namespace coldpress;

namespace {

constexpr std::chrono::seconds k_soon{20};

// A run that stands still with the store lock in its hand.
void stop_while_compressing(Program& run, const CodexHome& home) {
  REQUIRE(run.wait_until([&] { return exists(home / ".tmp/rollout-compression.lock"); },
                         k_soon));
  run.signal(SIGSTOP);
}

void add_slow(CodexHome& home) {
  home.add({.bytes = 2'000'000});
}

} // namespace

TEST_CASE("a second run is told who holds the store, since when, and exits 75") {
  CodexHome home;
  add_slow(home);
  Program first(home.compressing({"--codec-level", "12"}));
  stop_while_compressing(first, home);
  const ProgramEnd second = home.compress();
  CHECK_EQ(second.code, 75);
  CHECK_HAS(second.err, fmt::format("pid {}", first.pid()));
  CHECK_HAS(second.err, "since 20");
  const ProgramEnd json = home.compress({"--json"});
  CHECK_EQ(json.code, 75);
  CHECK_HAS(json.out, R"("code":"busy")");
  for (const char* command : {"sweep", "restore"}) {
    CAPTURE(command);
    std::vector<std::string> words{command};
    if (words[0] == "restore") {
      words.emplace_back("--all");
    }
    CHECK_EQ(home.run(words).code, 75);
  }
  const ProgramEnd status = home.run({"status"});
  CHECK_HAS(status.out, fmt::format("held by pid {}", first.pid()));
  first.signal(SIGCONT);
  CHECK_EQ(first.wait().code, 0);
  CHECK_EQ(differing(rollout_bytes(home / ("archived_sessions/" + file_name(1))),
                     rollout_content({.bytes = 2'000'000})),
           "");
}

TEST_CASE("the store is free at once when its holder is killed") {
  CodexHome home;
  add_slow(home);
  {
    Program first(home.compressing({"--codec-level", "12"}));
    stop_while_compressing(first, home);
    first.signal(SIGKILL);
    CHECK_EQ(first.wait().code, 128 + SIGKILL);
  }
  CHECK_EQ(home.compress().code, 0);
  CHECK(litter(home.path()).empty());
}

TEST_CASE("while Codex's maintenance lock is held the pass is deferred") {
  CodexHome home;
  const std::string rollout = home.add({});
  make_dirs(home / ".tmp");
  const Locked maintenance(home / ".tmp/rollout-maintenance.lock");
  const ProgramEnd end = home.compress();
  CHECK_EQ(end.code, 75);
  CHECK_HAS(end.out, "maintenance");
  CHECK(exists(home / rollout));
  CHECK_FALSE(exists(home / ".tmp/rollout-compression.lock"));
}

TEST_CASE("a loaded thread is left alone and the others are compressed") {
  CodexHome home;
  const std::string loaded = home.add({.number = 1});
  const std::string other = home.add({.number = 2});
  make_dirs(home / "thread-writer-locks");
  const std::string lock = home / ("thread-writer-locks/" + thread_id(1) + ".lock");
  const Locked thread(lock);
  const ProgramEnd end = home.compress();
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "live_writer");
  CHECK(exists(home / loaded));
  CHECK_FALSE(exists(home / (loaded + ".zst")));
  CHECK_FALSE(exists(home / other));
  CHECK(exists(lock));
}

TEST_CASE("while somebody holds coordination for long a rollout is left, not lost") {
  CodexHome home;
  const std::string rollout = home.add({});
  make_dirs(home / "thread-writer-locks");
  const Locked coordination(home / "thread-writer-locks/.coordination.lock");
  const ProgramEnd end = home.compress();
  CHECK_EQ(end.code, 0);
  CHECK_LT(end.seconds, 15);
  CHECK_EQ(differing(read_file(home / rollout), rollout_content({})), "");
  CHECK_FALSE(exists(home / (rollout + ".zst")));
}
