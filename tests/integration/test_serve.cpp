#include "tests/integration/serving.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>

using namespace coldpress;

// What these wait for is told through $NOTIFY_SOCKET, by libsystemd.
#ifdef COLDPRESS_SYSTEMD

namespace {

const std::vector<std::string> k_on{"--enable", "local_thread_store_compression"};
constexpr const char* k_begins = "STATUS=pass over";
constexpr const char* k_waits = "STATUS=next pass in";

std::vector<std::string> serving(const CodexHome& home,
                                 const std::vector<std::string>& more = k_on) {
  std::vector<std::string> words{"--store", home.path()};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

ProgramEnd control(const CodexHome& home, const std::vector<std::string>& words) {
  std::vector<std::string> all{"control"};
  all.insert(all.end(), words.begin(), words.end());
  return home.run(all);
}

bool is_compressed(const CodexHome& home, const std::string& rollout) {
  return exists(home / rollout + ".zst") && !exists(home / rollout);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

// A large one, and the pass over it under way.
struct InTheMiddle {
  CodexHome home;
  std::string rollout = home.add({.bytes = 30'000'000});
  Listing before = list(home / "archived_sessions");
  Serving serve{
      home,
      serving(home,
              {"--enable", "local_thread_store_compression", "--read-rate", "1MiB"})};

  InTheMiddle() {
    REQUIRE(serve.told("READY=1"));
    REQUIRE(serve.told(k_begins));
    // The claim is made: the lock is held, and the file is being read.
    REQUIRE(serve.program().wait_until(
        [this] { return exists(home / "coldpress/ledger.sqlite"); },
        std::chrono::seconds{30}));
  }
};

} // namespace

TEST_CASE("serve makes a pass soon after its start, and another one when asked") {
  CodexHome home;
  const std::string first = home.add({});
  Serving serve(home, serving(home));
  REQUIRE(serve.told("READY=1"));
  REQUIRE(serve.told(k_begins));
  REQUIRE(serve.told(k_waits));
  CHECK(is_compressed(home, first));
  const std::string second = home.add({.number = 2});
  const ProgramEnd asked = control(home, {"run-now"});
  CHECK_EQ(asked.code, 0);
  CHECK_HAS(asked.out, "starting a pass");
  REQUIRE(serve.told(k_begins));
  REQUIRE(serve.told(k_waits));
  CHECK(is_compressed(home, second));
  const ProgramEnd end = serve.stop();
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.err, "1 compressed");
  CHECK_HAS(serve.story(), "STOPPING=1");
  CHECK_EQ(end.out, "");
  CHECK(litter(home.path()).empty());
}

TEST_CASE("each pass of serve brings the index up to date") {
  CodexHome home;
  home.add({});
  REQUIRE_EQ(home.run({"index", "build"}).code, 0);
  Serving serve(home, serving(home));
  REQUIRE(serve.told(k_waits));
  CHECK_HAS(home.run({"index", "status"}).out, "up to date");
  home.add({.number = 2});
  CHECK_HAS(home.run({"index", "status"}).out, "1 rollouts are new or changed");
  CHECK_EQ(control(home, {"run-now"}).code, 0);
  REQUIRE(serve.told(k_begins));
  REQUIRE(serve.told(k_waits));
  CHECK_HAS(home.run({"index", "status"}).out, "up to date");
  CHECK_EQ(serve.stop().code, 0);
}

TEST_CASE("serve with --json hands on the lines of its passes") {
  CodexHome home;
  home.add({});
  Serving serve(home,
                serving(home, {"--json", "--enable", "local_thread_store_compression"}));
  REQUIRE(serve.told(k_begins));
  REQUIRE(serve.told(k_waits));
  const ProgramEnd end = serve.stop();
  CHECK_HAS(end.out, R"("message_type":"outcome")");
  CHECK_HAS(end.out, R"("message_type":"summary")");
}

TEST_CASE("who does not read the lines of --json stops nothing") {
  std::array<int, 2> ends{};
  REQUIRE_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  const std::array<char, 4096> page{};
  while (::write(ends[1], page.data(), page.size()) > 0) {
  }
  ::fcntl(ends[1], F_SETFL, 0);
  {
    CodexHome home;
    const std::string rollout = home.add({});
    std::vector<std::string> words = k_on;
    words.emplace_back("--json");
    Serving serve(home, serving(home, words), ends[1]);
    CHECK(serve.told(k_begins));
    CHECK(serve.told(k_waits));
    const ProgramEnd end = serve.stop();
    CHECK_EQ(end.code, 0);
    CHECK_HAS(end.err, "standard output is blocked");
    CHECK(is_compressed(home, rollout));
  }
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("what is archived and cold already brings the next pass forward") {
  CodexHome home;
  Serving serve(home, serving(home));
  REQUIRE(serve.told(k_begins));
  REQUIRE(serve.told(k_waits));
  // Made elsewhere and moved in, as old as it is: so Codex archives.
  const std::string from =
      home.add({.number = 7, .tree = "sessions/2026/01/05", .days_old = 30});
  REQUIRE_EQ(::rename((home / from).c_str(),
                      (home / "archived_sessions/" + file_name(7)).c_str()),
             0);
  REQUIRE(serve.told("a cold rollout was archived"));
  CHECK_EQ(serve.stop().code, 0);
}

TEST_CASE("with the feature off serve does nothing, and says so once") {
  CodexHome home;
  home.add({});
  const Listing before = list(home / "archived_sessions");
  Serving serve(home, serving(home, {}));
  REQUIRE(serve.told("READY=1"));
  const ProgramEnd refused = control(home, {"run-now"});
  CHECK_EQ(refused.code, 2);
  CHECK_HAS(refused.err, "is off, nothing is compressed");
  const ProgramEnd end = serve.stop();
  CHECK_EQ(end.code, 0);
  CHECK_EQ(count(end.err, "compression is off: nothing is compressed; turn it on"), 1);
  CHECK_EQ(difference(before, list(home / "archived_sessions")), "");
}

TEST_CASE("SIGTERM in the middle of a pass ends serve within 5 s, all as it was") {
  InTheMiddle middle;
  const auto asked = std::chrono::steady_clock::now();
  const ProgramEnd end = middle.serve.stop();
  CHECK_EQ(end.code, 0);
  CHECK_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds{5});
  CHECK_HAS(end.err, "exit 143");
  CHECK_EQ(difference(middle.before, list(middle.home / "archived_sessions"), {""}), "");
  CHECK(litter(middle.home.path()).empty());
}

TEST_CASE("a pass does not outlive a serve that is killed, and the next one goes on") {
  InTheMiddle middle;
  middle.serve.program().signal(SIGKILL);
  CHECK_EQ(middle.serve.program().wait().code, 128 + SIGKILL);
  Serving again(middle.home, serving(middle.home));
  REQUIRE(again.told("READY=1"));
  REQUIRE(again.told(k_begins));
  REQUIRE(again.told(k_waits));
  // Busy first, if the old pass was still giving up; then it is tried again when asked.
  if (!is_compressed(middle.home, middle.rollout)) {
    CHECK_EQ(control(middle.home, {"run-now"}).code, 0);
    REQUIRE(again.told(k_begins));
    REQUIRE(again.told(k_waits));
  }
  CHECK(is_compressed(middle.home, middle.rollout));
  CHECK_EQ(again.stop().code, 0);
  CHECK(litter(middle.home.path()).empty());
}

TEST_CASE(
    "a bad configuration is refused by SIGHUP with its line, and the old one holds") {
  CodexHome home;
  const std::string config = home.outside() + "/config.toml";
  write_file(config, "[features]\nlocal_thread_store_compression = true\n");
  Serving serve(home, serving(home, {"--config", config}));
  REQUIRE(serve.told(k_begins));
  REQUIRE(serve.told(k_waits));
  write_file(config,
             "[features]\nlocal_thread_store_compression = false\nnonsense = 1\n");
  serve.program().signal(SIGHUP);
  REQUIRE(serve.told("RELOADING=1"));
  REQUIRE(serve.told("READY=1"));
  const std::string rollout = home.add({});
  CHECK_HAS(control(home, {"run-now"}).out, "starting a pass");
  REQUIRE(serve.told(k_begins));
  REQUIRE(serve.told(k_waits));
  CHECK(is_compressed(home, rollout));
  write_file(config, "[features]\nlocal_thread_store_compression = false\n");
  serve.program().signal(SIGHUP);
  REQUIRE(serve.told("READY=1\nSTATUS=no pass is due"));
  CHECK_HAS(control(home, {"run-now"}).err, "is off");
  const ProgramEnd end = serve.stop();
  CHECK_HAS(end.err, "the configuration was not reloaded; the previous settings remain");
  CHECK_HAS(end.err, "config.toml:3: features.nonsense: no such key");
}

TEST_CASE("a pass gives up when SIGHUP finds the feature turned off") {
  CodexHome home;
  const std::string rollout = home.add({.bytes = 30'000'000});
  const std::string config = home.outside() + "/config.toml";
  write_file(config,
             "[features]\nlocal_thread_store_compression = true\n"
             "[limits]\nread_rate = \"1MiB\"\n");
  Serving serve(home, serving(home, {"--config", config}));
  REQUIRE(serve.told(k_begins));
  write_file(config, "[features]\nlocal_thread_store_compression = false\n");
  serve.program().signal(SIGHUP);
  REQUIRE(serve.told("STATUS=no pass is due"));
  CHECK_FALSE(is_compressed(home, rollout));
  CHECK_HAS(serve.stop().err, "exit 143");
}

TEST_CASE("a pause that cannot be written is an error of control") {
  CodexHome home;
  Serving serve(home, serving(home));
  REQUIRE(serve.told(k_begins));
  REQUIRE(serve.told(k_waits));
  REQUIRE_EQ(::mkdir((home / "coldpress/pause").c_str(), 0700), 0);
  const ProgramEnd end = control(home, {"pause"});
  CHECK(end.code != 0);
  CHECK_EQ(end.out, "");
  CHECK_HAS(end.err, "coldpress/pause");
  CHECK(control(home, {"resume"}).code != 0);
}

TEST_CASE("a pause file holds passes back, over a restart, too") {
  CodexHome home;
  const std::string rollout = home.add({});
  {
    Serving serve(home, serving(home));
    REQUIRE(serve.told("READY=1"));
    CHECK_HAS(control(home, {"pause"}).out, "paused until it is resumed");
    CHECK(exists(home / "coldpress/pause"));
    const ProgramEnd refused = control(home, {"run-now"});
    CHECK_EQ(refused.code, 75);
    CHECK_HAS(refused.err, "the daemon is paused; run coldpress control resume first");
    CHECK_EQ(serve.stop().code, 0);
  }
  Serving serve(home, serving(home));
  REQUIRE(serve.told("READY=1\nSTATUS=no pass is due"));
  CHECK_HAS(control(home, {"status"}).out, "paused");
  CHECK_EQ(serve.story().find(k_begins), std::string::npos);
  CHECK_EQ(control(home, {"resume"}).code, 0);
  REQUIRE(serve.told(k_begins));
  REQUIRE(serve.told(k_waits));
  CHECK(is_compressed(home, rollout));
  CHECK_FALSE(exists(home / "coldpress/pause"));
}

TEST_CASE("a pause ends the pass under way, and the rollout stays as it was") {
  InTheMiddle middle;
  CHECK_EQ(control(middle.home, {"pause", "--for", "1h"}).code, 0);
  REQUIRE(middle.serve.told("STATUS=no pass is due"));
  CHECK_EQ(difference(middle.before, list(middle.home / "archived_sessions"), {""}), "");
  CHECK_HAS(middle.serve.stop().err, "exit 143");
}

TEST_CASE("several stores are served in turn by one process") {
  CodexHome one;
  CodexHome two;
  const std::string first = one.add({});
  const std::string second = two.add({.number = 2});
  Serving serve(one,
                {"--stores",
                 one.path() + "," + two.path(),
                 "--enable",
                 "local_thread_store_compression"});
  REQUIRE(serve.told("READY=1"));
  REQUIRE(serve.told("STATUS=pass over " + one.path()));
  REQUIRE(serve.told("STATUS=pass over " + two.path()));
  REQUIRE(serve.told(k_waits));
  CHECK(is_compressed(one, first));
  CHECK(is_compressed(two, second));
  CHECK_EQ(control(two, {"status"}).code, 0);
  CHECK_EQ(serve.stop().code, 0);
}

TEST_CASE("a second serve of a store refuses, and the first one goes on") {
  CodexHome home;
  Serving serve(home, serving(home));
  REQUIRE(serve.told("READY=1"));
  const ProgramEnd second = home.run({"serve"});
  CHECK_EQ(second.code, 75);
  CHECK_HAS(second.err, "coldpress control status");
  CHECK_EQ(control(home, {"status"}).code, 0);
  CHECK_EQ(serve.stop().code, 0);
}

TEST_CASE("a restart waits for what is left of the interval") {
  CodexHome home;
  {
    Serving serve(home, serving(home));
    REQUIRE(serve.told(k_begins));
    REQUIRE(serve.told(k_waits));
    CHECK_EQ(serve.stop().code, 0);
  }
  Serving serve(home, serving(home));
  REQUIRE(serve.told("READY=1\nSTATUS=next pass in 24h"));
  CHECK_EQ(serve.stop().code, 0);
}

TEST_CASE("SIGUSR1 logs the state of every store") {
  CodexHome home;
  Serving serve(home, serving(home, {}));
  REQUIRE(serve.told("READY=1"));
  serve.program().signal(SIGUSR1);
  // Signals are taken in the order of their numbers, and of their coming.
  CHECK_EQ(control(home, {"status"}).code, 0);
  CHECK_EQ(count(serve.stop().err, "compression is off: nothing is compressed"), 2);
}

TEST_CASE("a store that is not there, and several for another command, are refused") {
  const CodexHome home;
  ProgramStart start = home.coldpress({"serve"});
  start.command.back() = home / "none";
  const ProgramEnd none = run_program(start);
  CHECK_EQ(none.code, 1);
  CHECK_HAS(none.err, "there is no such store");
  start.command = {COLDPRESS_PROGRAM, "status", "--stores", "/a,/b"};
  const ProgramEnd several = run_program(start);
  CHECK_EQ(several.code, 2);
  CHECK_HAS(several.err, "name one of them with --store: /a, /b");
}

#endif
