#include "tests/integration/codex_home.hpp"
#include "worker/catalog/sqlite.hpp"
#include "worker/rollout/name.hpp"

#include <doctest/doctest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

using namespace coldpress;

namespace {

void fill(CodexHome& home) {
  home.add({.number = 1});
  home.add({.number = 2, .tree = "sessions/2026/01/05"});
  home.add({.number = 3, .bytes = 0, .content = ""});
}

// A directory mounted on itself, read-only.
class ReadOnlyMount {
public:
  explicit ReadOnlyMount(std::string dir) : dir_(std::move(dir)) {
    mounted_ = ::mount(dir_.c_str(), dir_.c_str(), nullptr, MS_BIND, nullptr) == 0;
    read_only_ = mounted_ && ::mount(nullptr,
                                     dir_.c_str(),
                                     nullptr,
                                     MS_BIND | MS_REMOUNT | MS_RDONLY,
                                     nullptr) == 0;
  }
  ReadOnlyMount(const ReadOnlyMount&) = delete;
  ReadOnlyMount& operator=(const ReadOnlyMount&) = delete;
  ~ReadOnlyMount() {
    if (mounted_) {
      ::umount2(dir_.c_str(), MNT_DETACH);
    }
  }
  bool works() const { return read_only_; }

private:
  std::string dir_;
  bool mounted_ = false;
  bool read_only_ = false;
};

const std::vector<std::vector<std::string>> k_looking{
    {"plan"},
    {"plan", "--json", "--all"},
    {"status"},
    {"status", "--json"},
    {"report", "--all"},
    {"report", "--json"},
    {"report", "--html", "-"},
    {"config"},
    {"run", "--dry-run"},
};

} // namespace

TEST_CASE("looking creates and changes nothing in an untouched store") {
  CodexHome home;
  fill(home);
  const Listing before = list(home.outside());
  for (const std::vector<std::string>& words : k_looking) {
    CAPTURE(words.front());
    CHECK_EQ(home.run(words).code, 0);
  }
  CHECK_EQ(difference(before, list(home.outside())), "");
}

TEST_CASE("looking creates and changes nothing in a store that was used") {
  CodexHome home;
  fill(home);
  REQUIRE_EQ(home.compress().code, 0);
  const Listing before = list(home.outside());
  for (const std::vector<std::string>& words : k_looking) {
    CAPTURE(words.front());
    CHECK_EQ(home.run(words).code, 0);
  }
  CHECK_EQ(difference(before, list(home.outside())), "");
}

TEST_CASE("reading Codex's databases leaves no file, with the log of a killed Codex") {
  CodexHome home;
  fill(home);
  REQUIRE_EQ(home.compress().code, 0);
  const std::string live = home.outside() + "/live.sqlite";
  write_file(live, "");
  {
    auto db = Db::open(live, DbMode::read_write);
    REQUIRE(db.has_value());
    REQUIRE(db->exec("PRAGMA journal_mode=WAL;"
                     "CREATE TABLE threads(id TEXT PRIMARY KEY, rollout_path TEXT);"
                     "INSERT INTO threads VALUES('" +
                     thread_id(77) + "', '')")
                .has_value());
    for (const char* suffix : {"", "-wal"}) {
      write_file(home / (std::string("state_5.sqlite") + suffix),
                 read_file(live + suffix));
      write_file(home / (std::string("thread_history_1.sqlite") + suffix),
                 read_file(live + suffix));
    }
  }
  const Listing before = list(home.path());
  std::vector<std::vector<std::string>> commands = k_looking;
  commands.insert(commands.end(),
                  {{"doctor"}, {"cat", thread_id(1)}, {"cat", thread_id(88)}});
  for (const std::vector<std::string>& words : commands) {
    CAPTURE(words.front());
    (void)home.run(words);
    CHECK_EQ(difference(before, list(home.path())), "");
  }
  CHECK_HAS(home.run({"cat", thread_id(77)}).err,
            "not saved yet: the thread has no turn so far");
  CHECK_HAS(home.run({"cat", thread_id(88)}).err, "no such rollout or thread");
  CHECK_EQ(difference(before, list(home.path())), "");
  (void)home.run({"verify"}); // writes into the ledger, and makes nothing
  CHECK_EQ(names_ending(home.path(), "-shm").size(), 0);
  CHECK_EQ(names_ending(home.path(), "-wal").size(), 2);
}

TEST_CASE("looking and cat work on a read-only mount") {
  CodexHome home;
  fill(home);
  REQUIRE_EQ(home.compress().code, 0);
  const ReadOnlyMount mount(home.path());
  if (!mount.works()) {
    MESSAGE("skipped: may not mount here");
    return;
  }
  for (const std::vector<std::string>& words : k_looking) {
    const ProgramEnd end = home.run(words);
    CAPTURE(words.front());
    CAPTURE(end.err);
    CHECK_EQ(end.code, 0);
    CHECK_EQ(end.err, "");
  }
  CHECK_EQ(differing(home.run({"cat", file_name(1)}).out, rollout_content({})), "");
  const ProgramEnd run = home.compress();
  CHECK_EQ(run.code, 1);
  CHECK_HAS(run.err, "EROFS");
}

TEST_CASE("looking works for a user who may not write into the store") {
  CodexHome home;
  fill(home);
  home.give_to_ordinary_user();
  ::chmod(home.path().c_str(), 0555);
  ::chmod((home / "archived_sessions").c_str(), 0555);
  const Listing before = list(home.path());
  for (const std::vector<std::string>& words : k_looking) {
    const ProgramEnd end = run_program(home.as_ordinary_user(home.coldpress(words)));
    CAPTURE(words.front());
    CAPTURE(end.err);
    CHECK_EQ(end.code, 0);
  }
  CHECK_EQ(difference(before, list(home.path())), "");
  const ProgramEnd run = run_program(home.as_ordinary_user(home.compressing()));
  CHECK_EQ(run.code, 1);
  CHECK_HAS(run.err, "EACCES");
  CHECK_EQ(difference(before, list(home.path())), "");
  ::chmod((home / "archived_sessions").c_str(), 0755);
  ::chmod(home.path().c_str(), 0755);
}

TEST_CASE("status tells of the last run and what it won") {
  CodexHome home;
  fill(home);
  CHECK_HAS(home.run({"status"}).out, "no runs yet");
  REQUIRE_EQ(home.compress().code, 0);
  const ProgramEnd end = home.run({"status"});
  CHECK_HAS(end.out, "exit 0: 1 compressed");
  CHECK_HAS(end.out, "by coldpress: 1 rollouts");
  CHECK_HAS(end.out, "store lock");
}

TEST_CASE("status names what has more than one form, and what lies in orphans") {
  CodexHome home;
  fill(home);
  REQUIRE_EQ(home.compress().code, 0);
  write_file(home / ("archived_sessions/" + file_name(1)), "made anew by a tool\n");
  std::filesystem::create_directories(home / "coldpress/orphans");
  const std::string orphan = home / ("coldpress/orphans/" + retired_name(file_name(3)));
  write_file(orphan, "bytes of a deleted thread\n");
  const ProgramEnd end = home.run({"status"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "plain + compressed  archived_sessions/" + file_name(1));
  CHECK_HAS(end.out, "coldpress sweep");
  CHECK_HAS(end.out, file_name(3));
  const ProgramEnd swept = home.run({"sweep", "--orphans"});
  CHECK_EQ(swept.code, 0);
  CHECK_HAS(swept.out, "1 orphans stay: younger than 30 days");
  CHECK(exists(orphan));
}

TEST_CASE("every command has its help, and version says the version") {
  for (const char* command : {"plan",
                              "run",
                              "status",
                              "report",
                              "cat",
                              "restore",
                              "sweep",
                              "verify",
                              "doctor",
                              "config",
                              "version"}) {
    CAPTURE(command);
    const ProgramEnd end = run_program({{COLDPRESS_PROGRAM, command, "--help"}, {}});
    CHECK_EQ(end.code, 0);
    CHECK_HAS(end.out, "--help");
  }
  const ProgramEnd version = run_program({{COLDPRESS_PROGRAM, "version"}, {}});
  CHECK_EQ(version.code, 0);
  CHECK_HAS(version.out, "coldpress");
  CHECK_EQ(run_program({{COLDPRESS_PROGRAM, "compress"}, {}}).code, 2);
  CHECK_EQ(run_program({{COLDPRESS_PROGRAM}, {}}).code, 2);
}
