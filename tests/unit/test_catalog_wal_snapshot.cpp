#include "fsutil/posix_fs.hpp"
#include "fsutil/text.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/catalog/codex_threads.hpp"
#include "worker/catalog/ledger.hpp"
#include "worker/catalog/sqlite.hpp"
#include "worker/catalog/wal_snapshot.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>

using namespace coldpress;
namespace fs = std::filesystem;

namespace {

// A database with a write-ahead log, as a Codex that was killed leaves it in `copy`.
struct Home {
  TempDir dir;
  PosixFs disk;
  std::string live = dir / "live";
  std::string copy = dir / "copy";
  Home() {
    fs::create_directory(live);
    fs::create_directory(copy);
    std::ofstream(live + "/state_5.sqlite").flush();
    auto opened = Db::open(live + "/state_5.sqlite", DbMode::read_write);
    REQUIRE(opened.has_value());
    db.emplace(std::move(*opened));
    exec("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;"
         "CREATE TABLE threads(id TEXT PRIMARY KEY, rollout_path TEXT)");
  }
  void exec(const std::string& sql) const { REQUIRE(db->exec(sql).has_value()); }
  void add(int number) const {
    exec(fmt::format("INSERT INTO threads VALUES('t{}', hex(zeroblob(3000)))", number));
  }
  void checkpoint() const { exec("PRAGMA wal_checkpoint(PASSIVE)"); }
  std::string kill() const {
    for (const char* suffix : {"", "-wal"}) {
      fs::copy_file(live + "/state_5.sqlite" + suffix,
                    copy + "/state_5.sqlite" + suffix,
                    fs::copy_options::overwrite_existing);
    }
    return copy + "/state_5.sqlite";
  }
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(copy)) {
      found.insert(entry.path().filename().string());
    }
    return found;
  }
  std::optional<bool> has(int number) {
    const auto answer =
        codex_has_thread(disk, {{copy}, {}, true}, fmt::format("t{}", number));
    REQUIRE(answer.has_value());
    return *answer;
  }
  std::optional<Db> db;
};

const std::set<std::string> k_both{"state_5.sqlite", "state_5.sqlite-wal"};

// Overwrites one byte, counted from the end if negative.
void spoil(const std::string& path, std::int64_t at) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(at, at < 0 ? std::ios::end : std::ios::beg);
  file.put('\x7e');
}

} // namespace

TEST_CASE(
    "a log's committed rows are read, over the file, and nothing is made beside it") {
  Home home;
  for (int number = 0; number < 40; ++number) {
    home.add(number);
  }
  SUBCASE("all in the log") {}
  SUBCASE("some in the file, and again in the log") {
    home.checkpoint();
  }
  SUBCASE("a log that began again") {
    home.checkpoint();
    home.add(40);
  }
  home.exec("DELETE FROM threads WHERE id = 't7'");
  home.kill();
  CHECK(home.has(3) == true);
  CHECK(home.has(39) == true);
  CHECK(home.has(7) == false);
  CHECK(home.names() == k_both);
}

TEST_CASE("a transaction that was not committed is not read") {
  Home home;
  home.add(1);
  home.exec("PRAGMA cache_size=2; BEGIN");
  for (int number = 100; number < 400; ++number) {
    home.add(number); // more than the cache holds: they are in the log
  }
  const auto before = fs::file_size(home.live + "/state_5.sqlite-wal");
  REQUIRE(before > 100'000);
  home.kill();
  CHECK(home.has(1) == true);
  CHECK(home.has(100) == false);
  home.exec("COMMIT");
  home.kill();
  CHECK(home.has(100) == true);
}

TEST_CASE("a damaged frame ends the log; what stands before it counts") {
  Home home;
  home.add(1);
  home.add(2);
  const std::string path = home.kill();
  spoil(path + "-wal", -100);
  CHECK(home.has(1) == true);
  CHECK(home.has(2) == false);
}

TEST_CASE("a log without a sound header holds nothing, as SQLite has it") {
  Home home;
  home.add(1);
  home.checkpoint();
  home.add(2); // the log begins again
  const std::string path = home.kill();
  SUBCASE("magic") {
    spoil(path + "-wal", 0);
  }
  SUBCASE("checksum") {
    spoil(path + "-wal", 25);
  }
  SUBCASE("empty") {
    fs::resize_file(path + "-wal", 0);
  }
  CHECK(home.has(1) == true);
  CHECK(home.has(2) == false);
  CHECK(home.names() == k_both);
}

TEST_CASE("a database of the kind with a log is read without one, and gets none") {
  Home home;
  home.add(1);
  home.checkpoint();
  const std::string path = home.kill();
  fs::remove(path + "-wal");
  CHECK(home.has(1) == true);
  CHECK(home.has(2) == false);
  CHECK(home.names() == std::set<std::string>{"state_5.sqlite"});
}

TEST_CASE("a pair that is too large is not read, and does not say") {
  Home home;
  home.add(1);
  const std::string path = home.kill();
  CHECK(read_snapshot(home.disk, path, 1000).error().code == Errc::invalid);
  fs::resize_file(path, k_most_snapshot + 1);
  CHECK(home.has(1) == std::nullopt);
  CHECK(home.names() == k_both);
}

TEST_CASE("a symlink for the database or its log is not read") {
  Home home;
  home.add(1);
  const std::string path = home.kill();
  std::string link;
  SUBCASE("database") {
    link = path;
  }
  SUBCASE("log") {
    link = path + "-wal";
  }
  fs::rename(link, home.dir / "elsewhere");
  fs::create_symlink(home.dir / "elsewhere", link);
  CHECK_FALSE(read_snapshot(home.disk, path).has_value());
  CHECK(home.has(1) == std::nullopt);
}

TEST_CASE("reading a ledger that somebody gave a log makes nothing beside it") {
  const TempDir dir;
  const std::string path = dir / "ledger.sqlite";
  const std::string copy = dir / "copy.sqlite";
  REQUIRE(Ledger::open(path).has_value());
  auto db = Db::open(path, DbMode::read_write);
  REQUIRE(db.has_value());
  REQUIRE(db->exec("PRAGMA journal_mode=WAL; CREATE TABLE more(x)").has_value());
  for (const char* suffix : {"", "-wal"}) {
    fs::copy_file(path + suffix, copy + suffix);
  }
  const auto ledger = Ledger::open_read_only(copy);
  REQUIRE(ledger.has_value());
  CHECK(ledger->has_value());
  CHECK_FALSE(fs::exists(copy + "-shm"));
}
