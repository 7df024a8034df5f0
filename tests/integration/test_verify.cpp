#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <sstream>

using namespace coldpress;

namespace {

std::string zst(const CodexHome& home, int number) {
  return home / ("archived_sessions/" + file_name(number) + ".zst");
}

// Four compressed rollouts.
void fill(CodexHome& home) {
  for (int number = 1; number <= 4; ++number) {
    home.add({.number = number, .days_old = 30 + number});
  }
  REQUIRE_EQ(home.compress().code, 0);
}

void flip_bit(const std::string& path) {
  std::string bytes = read_file(path);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_file(path, bytes);
}

// "ok <rollout>" and the like, one for each that was read, in their order.
std::vector<std::string> read_ones(const ProgramEnd& end) {
  std::vector<std::string> found;
  std::istringstream lines(end.out);
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    if (json["message_type"] == "verified") {
      found.push_back(json["result"].get<std::string>() + " " +
                      json["rollout"].get<std::string>());
    }
  }
  return found;
}

nlohmann::json summary_of(const ProgramEnd& end) {
  return nlohmann::json::parse(
      end.out.substr(end.out.rfind("{\"message_type\":\"summary")));
}

} // namespace

TEST_CASE("verify finds a compressed store sound and changes nothing but the ledger") {
  CodexHome home;
  fill(home);
  const Listing before = list(home.path());
  const ProgramEnd end = home.run({"verify", "--json"});
  CHECK_EQ(end.code, 0);
  CHECK_EQ(end.err, "");
  CHECK_EQ(read_ones(end).size(), 4);
  CHECK_EQ(summary_of(end)["counts"]["ok"], 4);
  CHECK_EQ(difference(before, list(home.path()), {"coldpress"}), "");
  CHECK_HAS(home.run({"verify"}).out, "4 compressed rollouts are undamaged");
  CHECK_EQ(home.run({"verify", "--quiet"}).out, "");
  const ProgramEnd quiet = home.run({"verify", "--json", "--quiet"});
  CHECK_EQ(read_ones(quiet).size(), 0);
  CHECK_EQ(summary_of(quiet)["counts"]["ok"], 4);
}

TEST_CASE("verify lists what is damaged, leaves it as it is and ends with 4") {
  CodexHome home;
  fill(home);
  flip_bit(zst(home, 1));
  std::filesystem::resize_file(zst(home, 2),
                               std::filesystem::file_size(zst(home, 2)) - 5);
  std::filesystem::copy_file(
      zst(home, 4), zst(home, 3), std::filesystem::copy_options::overwrite_existing);
  const Listing before = list(home / "archived_sessions");
  const ProgramEnd end = home.run({"verify", "--json"});
  CHECK_EQ(end.code, 4);
  CHECK_EQ(summary_of(end)["counts"]["damaged"], 3);
  CHECK_EQ(summary_of(end)["counts"]["ok"], 1);
  CHECK_EQ(difference(before, list(home / "archived_sessions")), "");
  const ProgramEnd text = home.run({"verify"});
  CHECK_EQ(text.code, 4);
  CHECK_HAS(text.err, "damaged: archived_sessions/" + file_name(1));
  CHECK_HAS(text.err, "restore it from a backup");
  CHECK_HAS(text.err, "the records of another thread");
  CHECK_HAS(text.out, "3 damaged: see above");
}

TEST_CASE("doctor knows what verify found damaged until it is put right") {
  CodexHome home;
  fill(home);
  const std::string whole = read_file(zst(home, 1));
  flip_bit(zst(home, 1));
  REQUIRE_EQ(home.run({"verify"}).code, 4);
  const ProgramEnd sick = home.run({"doctor"});
  CHECK_EQ(sick.code, 4);
  CHECK_HAS(sick.out, file_name(1) + " is damaged, found on");
  write_file(zst(home, 1), whole);
  CHECK_EQ(home.run({"verify", "--sample", "1", "--json"}).code, 0);
  CHECK_EQ(home.run({"doctor"}).code, 0);
}

TEST_CASE("verify and doctor tell of rollouts with lines that are not UTF-8") {
  CodexHome home;
  const std::string plain = home / home.add({.number = 1});
  write_file(plain, read_file(plain) + "{\"a\":\"\xff\"}\n");
  set_age(plain, 30);
  // Names that no rollout has, and no terminal should get.
  write_file(home / "archived_sessions/rollout-\xff\x1b[1m.jsonl", "x");
  make_dirs(home / "sessions/2026/01/\xfe");
  REQUIRE_EQ(home.compress().code, 0);
  REQUIRE(exists(zst(home, 1)));
  const ProgramEnd end = home.run({"verify"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.err, "not UTF-8: 1; Codex refuses to read the thread");
  const ProgramEnd told = home.run({"doctor"});
  CHECK_HAS(told.out, file_name(1) + " is not read whole by Codex: lines");
  for (const char* command : {"verify", "doctor"}) {
    std::istringstream lines(home.run({command, "--json"}).out);
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
      CHECK_FALSE(nlohmann::json::parse(line, nullptr, false).is_discarded());
      CHECK_EQ(line.find('\x1b'), std::string::npos);
    }
    CHECK(count > 0);
  }
  CHECK_EQ(told.out.find('\x1b'), std::string::npos);
}

TEST_CASE("verify makes nothing where there is nothing to verify") {
  CodexHome home;
  home.add({.number = 1});
  const Listing before = list(home.path());
  const ProgramEnd end = home.run({"verify"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "no compressed rollouts");
  CHECK_EQ(home.run({"verify", "--sample", "5%"}).code, 0);
  CHECK_EQ(difference(before, list(home.path())), "");
}

TEST_CASE("a sample goes on where the last one ended") {
  CodexHome home;
  fill(home);
  std::filesystem::remove(home / "coldpress/ledger.sqlite");
  // Of those that were never verified the older files come first.
  const auto first =
      read_ones(home.run({"verify", "--jobs", "1", "--sample", "50%", "--json"}));
  const auto second =
      read_ones(home.run({"verify", "--jobs", "1", "--sample", "2", "--json"}));
  const auto third =
      read_ones(home.run({"verify", "--jobs", "1", "--sample", "1", "--json"}));
  REQUIRE_EQ(first.size(), 2);
  REQUIRE_EQ(second.size(), 2);
  REQUIRE_EQ(third.size(), 1);
  CHECK_EQ(first[0], "ok archived_sessions/" + file_name(4));
  CHECK_EQ(first[1], "ok archived_sessions/" + file_name(3));
  CHECK_EQ(second[0], "ok archived_sessions/" + file_name(2));
  CHECK_EQ(second[1], "ok archived_sessions/" + file_name(1));
  CHECK((third[0] == first[0] || third[0] == first[1]));
}

TEST_CASE(
    "verify reads the rollouts that are named, and says of a plain one that it is") {
  CodexHome home;
  fill(home);
  home.add({.number = 5, .tree = "sessions/2026/01/05"});
  const ProgramEnd end = home.run({"verify", "--json", thread_id(2), thread_id(5)});
  CHECK_EQ(end.code, 0);
  const auto found = read_ones(end);
  CHECK_EQ(found.size(), 2);
  CHECK_HAS(end.out, R"("result":"gone")");
  CHECK_HAS(end.out, "is plain");
  CHECK_EQ(home.run({"verify", thread_id(9)}).code, 1);
  CHECK_EQ(home.run({"verify", "--sample", "x"}).code, 2);
  CHECK_EQ(home.run({"verify", "--sample", "5", thread_id(1)}).code, 2);
}

namespace {

// Of file 1: as if it had held something else when it was compressed.
void forge_hash(const CodexHome& home) {
  // The same file by length and mtime, a sound frame, and not what was compressed into
  // it.
  const ProgramEnd changed = run_program({{"python3",
                                           "-c",
                                           "import sqlite3, sys\n"
                                           "ledger = sqlite3.connect(sys.argv[1])\n"
                                           "ledger.execute(\"UPDATE files SET hash = "
                                           "'00' WHERE rollout = ?\", sys.argv[2:])\n"
                                           "ledger.commit()\n",
                                           home / "coldpress/ledger.sqlite",
                                           "archived_sessions/" + file_name(1)},
                                          {}});
  REQUIRE_EQ(changed.code, 0);
}

} // namespace

TEST_CASE("verify compares with the bytes that the ledger knows") {
  CodexHome home;
  fill(home);
  forge_hash(home);
  const ProgramEnd end = home.run({"verify"});
  CHECK_EQ(end.code, 4);
  CHECK_HAS(end.err, "not to its former bytes");
}

TEST_CASE("verify compares with a ledger that it may only read") {
  CodexHome home;
  fill(home);
  forge_hash(home);
  home.give_to_ordinary_user();
  ::chmod((home / "coldpress/ledger.sqlite").c_str(), 0400);
  const ProgramEnd end = run_program(home.as_ordinary_user(home.coldpress({"verify"})));
  CHECK_EQ(end.code, 4);
  CHECK_HAS(end.err, "not to its former bytes");
  CHECK_HAS(end.err, "the ledger cannot be written, so the results are not recorded");
}

TEST_CASE("verify works without a ledger, and beside one that is damaged") {
  CodexHome home;
  fill(home);
  write_file(home / "coldpress/ledger.sqlite", std::string(20'000, 'x'));
  const ProgramEnd end = home.run({"verify"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.err, "the oldest files are read first");
  CHECK_EQ(read_file(home / "coldpress/ledger.sqlite"), std::string(20'000, 'x'));
}

TEST_CASE("what cannot be read is told apart from damage") {
  CodexHome home;
  fill(home);
  home.give_to_ordinary_user();
  ::chmod(zst(home, 1).c_str(), 0);
  const ProgramEnd end = run_program(home.as_ordinary_user(home.coldpress({"verify"})));
  CHECK_EQ(end.code, 3);
  CHECK_HAS(end.err, "unreadable: archived_sessions/" + file_name(1));
  CHECK_HAS(end.out, "3 compressed rollouts are undamaged");
}

TEST_CASE("verify ends soon when it is asked to") {
  CodexHome home;
  home.add({.number = 1, .bytes = 4'000'000, .compressible = false});
  home.add({.number = 2, .bytes = 4'000'000});
  REQUIRE_EQ(home.compress({"--min-free", "0"}).code, 0);
  Program program(home.coldpress({"verify", "--read-rate", "1KiB"}));
  CHECK_FALSE(program.wait_until([] { return false; }, std::chrono::milliseconds{300}));
  program.signal(SIGTERM);
  const ProgramEnd end = program.wait();
  CHECK_EQ(end.code, 143);
  CHECK_LT(end.seconds, 5);
  CHECK_HAS(end.out, "left for the next call");
}

TEST_CASE("verify reads nothing more once its time is used up") {
  CodexHome home;
  fill(home);
  const ProgramEnd end = home.run({"verify", "--json", "--time-budget", "1ms"});
  CHECK_EQ(end.code, 0);
  CHECK_EQ(summary_of(end)["left"].get<int>() + static_cast<int>(read_ones(end).size()),
           4);
}
