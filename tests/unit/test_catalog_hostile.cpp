// Databases that somebody else made, or put something else in the place of.
#include "fsutil/posix_fs.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/catalog/codex_threads.hpp"
#include "worker/catalog/ledger.hpp"
#include "worker/catalog/sqlite.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

using namespace coldpress;
namespace fs = std::filesystem;

namespace {

struct Place {
  TempDir dir;
  PosixFs disk;
  std::string path = dir / "state_5.sqlite";

  void make(const std::string& sql) const {
    std::ofstream(path).flush();
    const auto db = Db::open(path, DbMode::read_write);
    REQUIRE(db.has_value());
    REQUIRE(db->exec(sql).has_value());
  }
  std::optional<bool> has(const std::string& id) {
    const auto answer = codex_has_thread(disk, {{dir.path()}, {}, true}, id);
    REQUIRE(answer.has_value());
    return *answer;
  }
};

void make_socket(const std::string& path) {
  const int made = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.c_str(), path.size());
  REQUIRE(::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
          0);
  ::close(made);
}

} // namespace

TEST_CASE("what is not a regular file is refused at once, as a database or beside one") {
  for (const char* suffix : {"", "-wal", "-journal", "-shm"}) {
    for (const char* kind : {"fifo", "directory", "socket", "symlink", "dangling"}) {
      CAPTURE(suffix);
      CAPTURE(kind);
      Place place;
      place.make("CREATE TABLE threads(id TEXT PRIMARY KEY); INSERT INTO threads "
                 "VALUES('a')");
      const std::string name = place.path + suffix;
      const std::string what(kind);
      fs::copy_file(place.path, place.dir / "elsewhere");
      fs::remove(name);
      if (what == "fifo") {
        REQUIRE(::mkfifo(name.c_str(), 0600) == 0);
      } else if (what == "directory") {
        fs::create_directory(name);
      } else if (what == "socket") {
        make_socket(name);
      } else {
        fs::create_symlink(what == "symlink" ? place.dir / "elsewhere" : "nowhere", name);
      }
      const auto written = Ledger::open(place.path);
      REQUIRE_FALSE(written.has_value());
      CHECK(written.error().code == Errc::invalid);
      CHECK(written.error().path == name);
      const auto read = Ledger::open_read_only(place.path);
      REQUIRE_FALSE(read.has_value());
      CHECK(read.error().code == Errc::invalid);
      CHECK(place.has("a") == std::nullopt);
      CHECK(fs::symlink_status(name).type() != fs::file_type::regular);
    }
  }
}

TEST_CASE("a symlink in the way to a database is followed: only its name is not") {
  Place place;
  place.make("CREATE TABLE threads(id TEXT PRIMARY KEY)");
  fs::create_directory_symlink(place.dir.path(), place.dir / "way");
  CHECK(Db::open(place.dir / "way/state_5.sqlite", DbMode::read_only).has_value());
}

TEST_CASE("only a real table of threads is asked") {
  Place place;
  SUBCASE("a view") {
    place.make("CREATE VIEW threads(id) AS SELECT 'a'");
    CHECK(place.has("a") == std::nullopt);
  }
  SUBCASE("a view that never ends") {
    place.make("CREATE VIEW threads(id) AS WITH RECURSIVE n(x) AS "
               "(SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n");
    CHECK(place.has("a") == std::nullopt);
  }
  SUBCASE("no such table") {
    place.make("CREATE TABLE other(id TEXT)");
    CHECK(place.has("a") == std::nullopt);
  }
  SUBCASE("a table with triggers") {
    place.make("CREATE TABLE threads(id TEXT); INSERT INTO threads VALUES('a');"
               "CREATE TRIGGER t AFTER INSERT ON threads BEGIN DELETE FROM threads; END");
    CHECK(place.has("a") == true);
    CHECK(place.has("b") == false);
  }
}

TEST_CASE("a trigger of a database does not run, a view is not read") {
  const Place place;
  place.make("CREATE TABLE a(x); CREATE TABLE b(x);"
             "CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO b VALUES(1); END;"
             "INSERT INTO a VALUES(1); CREATE VIEW v AS SELECT x FROM a");
  const auto db = Db::open(place.path, DbMode::read_only);
  REQUIRE(db.has_value());
  auto copied = db->prepare("SELECT count(*) FROM b");
  REQUIRE(copied.has_value());
  REQUIRE(copied->step() == true);
  CHECK(copied->integer(0) == 0);
  CHECK_FALSE(db->prepare("SELECT x FROM v").has_value());
}

TEST_CASE("a statement that does not end is stopped") {
  const Place place;
  place.make("CREATE TABLE a(x)");
  const auto db = Db::open(place.path, DbMode::read_only);
  REQUIRE(db.has_value());
  db->stop_after(100'000);
  auto endless = db->prepare("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 "
                             "FROM n) SELECT count(*) FROM n");
  REQUIRE(endless.has_value());
  const auto row = endless->step();
  REQUIRE_FALSE(row.has_value());
  CHECK(row.error().code == Errc::canceled);
}
