#include "tests/integration/codex_home.hpp"
#include "tests/integration/locked_file.hpp"
#include "worker/rollout/name.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

using namespace coldpress;

namespace {

// `level check` and what it says, of all but the fine ones; an empty check takes all.
std::string findings_of(const ProgramEnd& end, const std::string& check = {}) {
  std::string found;
  std::istringstream lines(end.out);
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    if (json["message_type"] == "finding" && json["level"] != "ok" &&
        (check.empty() || json["check"] == check)) {
      found += json["level"].get<std::string>() + " " + json["check"].get<std::string>() +
               ": " + json["what"].get<std::string>() + " -> " +
               json.value("hint", std::string()) + "\n";
    }
  }
  return found;
}

ProgramEnd doctor(const CodexHome& home) {
  return home.run({"doctor", "--json", "--enable", "local_thread_store_compression"});
}

// The healthy one every other is made of.
void fill(CodexHome& home) {
  home.add({.number = 1});
  home.add({.number = 2, .tree = "sessions/2026/01/05"});
  REQUIRE_EQ(home.compress().code, 0);
  ::chmod(home.path().c_str(), 0700);
}

} // namespace

TEST_CASE("doctor finds nothing that needs a person in a store that is well") {
  CodexHome home;
  fill(home);
  const ProgramEnd end = doctor(home);
  CHECK_EQ(end.code, 0);
  CHECK_EQ(end.err, "");
  const std::string found = findings_of(end);
  CHECK_EQ(found.find("problem"), std::string::npos);
  CHECK_HAS(end.out, R"("check":"store","level":"ok")");
  CHECK_HAS(end.out, R"("check":"runs","level":"ok")");
  CHECK_HAS(home.run({"doctor"}).out, "no problems found");
}

TEST_CASE("doctor changes nothing in the store") {
  CodexHome home;
  const Listing untouched = list(home.outside());
  CHECK_EQ(doctor(home).code, 0);
  CHECK_EQ(difference(untouched, list(home.outside())), "");
  fill(home);
  const Listing used = list(home.outside());
  CHECK_EQ(doctor(home).code, 0);
  // An unnamed file moves the times of nothing that has a name.
  CHECK_EQ(difference(used, list(home.outside())), "");
}

TEST_CASE("doctor tells of a configuration that is wrong and goes on") {
  CodexHome home;
  fill(home);
  const std::string config = home.outside() + "/bad.toml";
  write_file(config, "scan.cold_afer = \"7d\"\n");
  const ProgramEnd end = home.run({"doctor", "--json", "--config", config});
  CHECK_EQ(end.code, 4);
  CHECK_HAS(findings_of(end, "configuration"), "scan.cold_after");
  CHECK_HAS(end.out, R"("check":"orphans")");
  CHECK_EQ(home.run({"doctor", "--cold-after", "never"}).code, 2);
}

TEST_CASE("doctor tells of a store that is not there") {
  CodexHome home;
  std::filesystem::remove_all(home.path());
  const ProgramEnd end = doctor(home);
  CHECK_EQ(end.code, 4);
  CHECK_HAS(findings_of(end, "store"), "there is no such store");
  CHECK_HAS(end.out, R"("check":"clock")");
}

TEST_CASE("doctor tells a user who may not write into the store") {
  CodexHome home;
  fill(home);
  home.give_to_ordinary_user();
  ::chmod((home / "archived_sessions").c_str(), 0555);
  const ProgramEnd end =
      run_program(home.as_ordinary_user(home.coldpress({"doctor", "--json"})));
  CHECK_EQ(end.code, 4);
  CHECK_HAS(findings_of(end, "permissions"), "archived_sessions has mode 0555");
  ::chmod((home / "archived_sessions").c_str(), 0755);
}

TEST_CASE("doctor tells of a tree that belongs to somebody else") {
  if (!we_are_root()) {
    MESSAGE("skipped: may not give files away");
    return;
  }
  CodexHome home;
  fill(home);
  home.give_to_ordinary_user();
  REQUIRE_EQ(::chown((home / "archived_sessions").c_str(), 1, 1), 0);
  ::chmod((home / "archived_sessions").c_str(), 0755);
  const ProgramEnd end =
      run_program(home.as_ordinary_user(home.coldpress({"doctor", "--json"})));
  CHECK_EQ(end.code, 4);
  CHECK_HAS(findings_of(end, "permissions"), "archived_sessions belongs to user 1");
  // And root is told that the store is not its own.
  const ProgramEnd as_root = doctor(home);
  CHECK_EQ(as_root.code, 4);
  CHECK_HAS(findings_of(as_root, "store"), "run coldpress as that user");
}

TEST_CASE("doctor names who holds a lock") {
  CodexHome home;
  fill(home);
  const Locked held(home / ".tmp/rollout-maintenance.lock");
  const ProgramEnd end = doctor(home);
  CHECK_EQ(end.code, 0);
  CHECK_HAS(findings_of(end, "codex_locks"), "the maintenance lock is held");
}

TEST_CASE("doctor knows a lock that a killed run has left") {
  CodexHome home;
  fill(home);
  // As a kill -9 leaves it: the record says that nobody gave it back.
  const std::string path = home / "coldpress/store.lock";
  write_file(path, "what a torn write leaves\n");
  const ProgramEnd end = doctor(home);
  CHECK_EQ(end.code, 0);
  CHECK_HAS(findings_of(end, "store_lock"), "coldpress unlock");
}

TEST_CASE("doctor sends a person to what lies in orphans") {
  CodexHome home;
  fill(home);
  std::filesystem::create_directories(home / "coldpress/orphans");
  write_file(home / ("coldpress/orphans/" + retired_name(file_name(3))), "bytes\n");
  const ProgramEnd end = doctor(home);
  CHECK_EQ(end.code, 4);
  CHECK_HAS(findings_of(end, "orphans"), file_name(3));
  CHECK_HAS(home.run({"doctor"}).out, "problems: 1");
}

TEST_CASE("doctor knows a conflict once a run has found it") {
  CodexHome home;
  fill(home);
  write_file(home / ("archived_sessions/" + file_name(1)), "made anew by a tool\n");
  CHECK_HAS(findings_of(doctor(home), "leftovers"), "note leftovers");
  REQUIRE_EQ(home.run({"sweep", "--settle", "0s"}).code, 4);
  const ProgramEnd end = doctor(home);
  CHECK_EQ(end.code, 4);
  CHECK_HAS(findings_of(end, "leftovers"), "problem leftovers: two forms that differ");
}

TEST_CASE("doctor tells of a ledger that is damaged, and of one set aside") {
  CodexHome home;
  fill(home);
  const std::string ledger = home / "coldpress/ledger.sqlite";
  write_file(ledger, std::string(20'000, 'x'));
  const ProgramEnd end = doctor(home);
  CHECK_EQ(end.code, 0);
  CHECK_HAS(findings_of(end, "ledger"), "the next run moves it away");
  REQUIRE_EQ(home.compress().code, 0);
  CHECK_HAS(findings_of(doctor(home), "ledger"), "1 damaged ledgers were set aside");
}

TEST_CASE("doctor tells that a Codex which cannot read .zst was seen") {
  CodexHome home;
  home.add(
      {.number = 1, .days_old = 10, .cli_version = "0.130.0", .begun = days_ago(10)});
  const ProgramEnd end = doctor(home);
  CHECK_EQ(end.code, 4);
  CHECK_HAS(findings_of(end, "codex_versions"), "Codex 0.130");
}

TEST_CASE("doctor tells that Codex compresses by itself, too") {
  CodexHome home;
  fill(home);
  write_file(home / "config.toml",
             "model = \"x\"\n[features]\nlocal_thread_store_compression = true\n");
  const ProgramEnd end = doctor(home);
  CHECK_EQ(end.code, 0);
  CHECK_HAS(findings_of(end, "codex_compressor"), "codec.recompress");
}

TEST_CASE("doctor finds what keeps every run from beginning, as the run says it") {
  if (!we_are_root()) {
    MESSAGE("skipped: only root can give a file to another user");
    return;
  }
  const std::pair<const char*, const char*> roots[] = {
      {".tmp/rollout-maintenance.lock", "the maintenance lock"},
      {"thread-writer-locks/.coordination.lock", "the coordination lock"},
      {".tmp/rollout-compression.lock", "the run marker"},
      {"coldpress/store.lock", "the store lock"}};
  for (const auto& root : roots) {
    const std::string path = root.first;
    const std::string name = root.second;
    CAPTURE(path);
    CodexHome home;
    fill(home);
    home.add({.number = 3});
    home.give_to_ordinary_user();
    REQUIRE_EQ(::chown((home / path).c_str(), 0, 0), 0);
    REQUIRE_EQ(::chmod((home / path).c_str(), 0600), 0);
    const ProgramEnd run = run_program(home.as_ordinary_user(home.compressing()));
    CHECK_EQ(run.code, 1);
    CHECK_HAS(run.err, "no run can begin without " + name);
    CHECK_HAS(run.err, "sudo chown");
    const ProgramEnd found =
        run_program(home.as_ordinary_user(home.coldpress({"doctor", "--json"})));
    CHECK_EQ(found.code, 4);
    CHECK_HAS(findings_of(found, "start"), "no run can begin without " + name);
  }
}

#ifndef COLDPRESS_PORTABLE // without leases the active tree is left alone

TEST_CASE("doctor finds a directory in which each run fails") {
  if (!we_are_root()) {
    MESSAGE("skipped: only root can give a directory to another user");
    return;
  }
  CodexHome home;
  home.add({.number = 1, .tree = "sessions/2026/01/05"});
  home.give_to_ordinary_user();
  REQUIRE_EQ(::chown((home / "sessions/2026/01/05").c_str(), 0, 0), 0);
  REQUIRE_EQ(::chmod((home / "sessions/2026/01/05").c_str(), 0755), 0);
  const std::vector<std::string> both{"--roots", "archived,active", "--settle", "0s"};
  std::vector<std::string> words{"doctor", "--json"};
  words.insert(words.end(), both.begin(), both.end());
  const ProgramEnd found = run_program(home.as_ordinary_user(home.coldpress(words)));
  CHECK_EQ(found.code, 4);
  CHECK_HAS(findings_of(found, "start"), "each run fails on 1 rollouts");
  CHECK_EQ(run_program(home.as_ordinary_user(home.compressing(both))).code, 3);
}

#endif
