#include "fsutil/posix_fs.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/catalog/sqlite.hpp"
#include "worker/index/thread_databases.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace coldpress;
namespace fs = std::filesystem;

namespace {

// A store whose own old database knows "old" only, and a place elsewhere.
struct Rig {
  TempDir dir;
  PosixFs disk;
  Store store{dir / "home", {}, {}, 0, true};
  std::string elsewhere = dir / "elsewhere";
  Rig() {
    fs::create_directories(store.home + "/sqlite");
    fs::create_directory(elsewhere);
    put(store.home, "old");
  }
  static void put(const std::string& in, const std::string& id) {
    const std::string path = in + "/state_5.sqlite";
    std::ofstream(path).flush();
    const auto db = Db::open(path, DbMode::read_write);
    REQUIRE(db.has_value());
    REQUIRE(db->exec("CREATE TABLE threads(id TEXT PRIMARY KEY); INSERT INTO threads "
                     "VALUES('" +
                     id + "')")
                .has_value());
  }
  void configure(const std::string& text) const {
    std::ofstream(store.home + "/config.toml") << text;
  }
  std::optional<bool> has(const std::string& id) {
    const auto answer = codex_has_thread(disk, thread_databases(disk, store), id);
    REQUIRE(answer.has_value());
    return *answer;
  }
};

} // namespace

TEST_CASE("a thread is asked of wherever Codex may have its databases") {
  Rig rig;
  std::string place = rig.elsewhere;
  SUBCASE("the environment") {
    rig.store.codex_sqlite_home = place;
  }
  SUBCASE("its configuration") {
    rig.configure("sqlite_home = \"" + place + "\"\n");
  }
  SUBCASE("one of its profiles") {
    rig.configure("[profiles.work]\nsqlite_home = \"" + place + "\"\n");
  }
  SUBCASE("its configuration, from where that is") {
    rig.configure("sqlite_home = \"../elsewhere\"\n");
  }
  SUBCASE("its configuration, kept elsewhere") {
    std::ofstream(rig.dir / "dotfile") << "sqlite_home = \"" + place + "\"\n";
    fs::create_symlink(rig.dir / "dotfile", rig.store.home + "/config.toml");
  }
  SUBCASE("sqlite/ in the store") {
    place = rig.store.home + "/sqlite";
  }
  Rig::put(place, "new");
  CHECK(rig.has("new") == true);
  CHECK(rig.has("old") == true);
  CHECK(rig.has("none") == false);
}

TEST_CASE("a place that is set and cannot be asked makes absence unknown") {
  Rig rig;
  CHECK(rig.has("none") == false);
  SUBCASE("no such directory") {
    rig.store.codex_sqlite_home = rig.dir / "nowhere";
  }
  SUBCASE("no database in it") {
    rig.configure("sqlite_home = \"" + rig.elsewhere + "\"\n");
  }
  SUBCASE("a database that is none") {
    std::ofstream(rig.elsewhere + "/state_5.sqlite") << "not even a database";
    rig.configure("sqlite_home = \"" + rig.elsewhere + "\"\n");
  }
  SUBCASE("one of two") {
    Rig::put(rig.elsewhere, "new");
    rig.configure("sqlite_home = \"" + rig.elsewhere + "\"\n[profiles.p]\n" +
                  "sqlite_home = \"/nowhere\"\n");
  }
  SUBCASE("a configuration that cannot be read") {
    rig.configure("sqlite_home = [\n");
  }
  SUBCASE("a configuration with a number for a place") {
    rig.configure("sqlite_home = 5\n");
  }
  SUBCASE("a configuration that is a FIFO") {
    REQUIRE(::mkfifo((rig.store.home + "/config.toml").c_str(), 0600) == 0);
  }
  SUBCASE("a configuration that leads nowhere") {
    fs::create_symlink("nowhere", rig.store.home + "/config.toml");
  }
  CHECK(rig.has("none") == std::nullopt);
  CHECK(rig.has("old") == true);
}
