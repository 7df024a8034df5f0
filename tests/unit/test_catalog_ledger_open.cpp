#include "fsutil/text.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/catalog/ledger.hpp"
#include "worker/catalog/schema.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <set>

using namespace coldpress;
namespace fs = std::filesystem;

namespace {

constexpr int k_cannot_enter = 77;

struct Place {
  TempDir dir;
  FakeClock clock;
  std::string path = dir / "ledger.sqlite";

  void write(const std::string& bytes) const {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  std::string bytes_of(const std::string& file) const {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(dir.path())) {
      found.insert(entry.path().filename().string());
    }
    return found;
  }
  // A sound ledger of many pages.
  void fill() const {
    auto ledger = Ledger::open(path);
    REQUIRE(ledger.has_value());
    REQUIRE(ledger
                ->in_transaction([this](Ledger& same) -> Result<void> {
                  for (int nth = 0; nth < 200; ++nth) {
                    TRY(same.hold(fmt::format("rollout-{}", nth), clock.wall()));
                  }
                  return {};
                })
                .has_value());
  }
  void exec(const std::string& sql) const {
    auto db = Db::open(path, DbMode::read_write);
    REQUIRE(db.has_value());
    REQUIRE(db->exec(sql).has_value());
  }
};

Errc code_of_open(const std::string& path) {
  const auto opened = Ledger::open(path);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().path == path);
  return opened.error().code;
}

// What `body` returns in a child that is not root: root may write everywhere.
int in_plain_child(const std::string& dir, const std::function<int()>& body) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    constexpr unsigned k_nobody = 65534;
    if (geteuid() == 0 && (setgid(k_nobody) != 0 || setuid(k_nobody) != 0)) {
      _exit(k_cannot_enter);
    }
    _exit(access(dir.c_str(), R_OK | X_OK) != 0 ? k_cannot_enter : body());
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

} // namespace

TEST_CASE("a new ledger is private to its owner and has the newest schema") {
  const Place place;
  const auto before = umask(0);
  const auto ledger = Ledger::open(place.path);
  umask(before);
  REQUIRE(ledger.has_value());
  struct stat info {};
  REQUIRE(::stat(place.path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777U) == 0600U);

  auto db = Db::open(place.path, DbMode::read_only);
  REQUIRE(db.has_value());
  CHECK(read_schema_version(*db) == newest_schema());
  CHECK(place.names() == std::set<std::string>{"ledger.sqlite"});
}

TEST_CASE("an empty file and an empty database of version 0 are migrated") {
  Place place;
  place.write("");
  SUBCASE("no byte") {}
  SUBCASE("a database without tables") {
    place.exec("PRAGMA application_id = 5");
    REQUIRE(fs::file_size(place.path) > 0);
  }
  const auto nothing = Ledger::open_read_only(place.path);
  REQUIRE(nothing.has_value());
  CHECK_FALSE(nothing->has_value());

  auto ledger = Ledger::open(place.path);
  REQUIRE(ledger.has_value());
  CHECK(ledger->begin_run(RunStart{}).has_value());
  CHECK(Ledger::open_read_only(place.path)->has_value());
}

TEST_CASE("opening again keeps what was recorded") {
  Place place;
  place.fill();
  const auto ledger = Ledger::open(place.path);
  REQUIRE(ledger.has_value());
  CHECK(ledger->known()->memory.size() == 200);
}

TEST_CASE("a missing directory is not_found") {
  const Place place;
  CHECK(code_of_open(place.dir / "none/ledger.sqlite") == Errc::not_found);
}

TEST_CASE("random bytes are corrupt, and open leaves them as they are") {
  Place place;
  std::mt19937 random(1);
  std::string bytes;
  for (int nth = 0; nth < 10'000; ++nth) {
    bytes += static_cast<char>(random() & 0xffU);
  }
  place.write(bytes);
  CHECK(code_of_open(place.path) == Errc::corrupt);
  CHECK(place.bytes_of(place.path) == bytes);
  const auto looked = Ledger::open_read_only(place.path);
  REQUIRE_FALSE(looked.has_value());
  CHECK(looked.error().code == Errc::corrupt);
}

TEST_CASE("a ledger cut short is corrupt") {
  Place place;
  place.fill();
  const auto size = fs::file_size(place.path);
  for (const auto left :
       {size / 2, size - 4096, std::uintmax_t{5000}, std::uintmax_t{90}}) {
    CAPTURE(left);
    fs::resize_file(place.path, left);
    CHECK(code_of_open(place.path) == Errc::corrupt);
    fs::remove(place.path);
    place.fill();
  }
}

TEST_CASE("an overwritten page is corrupt") {
  Place place;
  place.fill();
  std::string bytes = place.bytes_of(place.path);
  for (std::size_t at = 3 * 4096; at < 4 * 4096; ++at) {
    bytes[at] = 'x';
  }
  place.write(bytes);
  CHECK(code_of_open(place.path) == Errc::corrupt);
}

TEST_CASE("tables that are not ours are corrupt, whatever the version says") {
  Place place;
  place.write("");
  SUBCASE("ours by number, without tables") {
    place.exec(fmt::format("PRAGMA user_version = {}", newest_schema()));
  }
  SUBCASE("a table in our way") {
    place.exec("CREATE TABLE files (x)");
  }
  SUBCASE("a negative version") {
    place.exec("PRAGMA user_version = -3");
  }
  CHECK(code_of_open(place.path) == Errc::corrupt);
}

TEST_CASE("a ledger of a newer program is refused by both versions and never replaced") {
  Place place;
  place.fill();
  const int newer = newest_schema() + 8;
  place.exec(fmt::format("PRAGMA user_version = {}", newer));
  const auto opened = Ledger::open_or_replace(place.path, place.clock.wall());
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == Errc::unsupported);
  const std::string said = describe(opened.error());
  CHECK(said.find(fmt::format("version {},", newer)) != std::string::npos);
  CHECK(said.find(fmt::format("up to {};", newest_schema())) != std::string::npos);
  CHECK(place.names() == std::set<std::string>{"ledger.sqlite"});
  CHECK(Ledger::open_read_only(place.path).error().code == Errc::unsupported);
}

TEST_CASE("a damaged ledger is set aside and a new one begun, over nothing older") {
  Place place;
  const std::string aside = place.path + ".damaged-20260102T000000Z";
  place.write("first damage");
  auto first = Ledger::open_or_replace(place.path, place.clock.wall());
  REQUIRE(first.has_value());
  CHECK(first->set_aside == aside);
  CHECK(first->ledger.begin_run(RunStart{}).has_value());

  place.write("second damage");
  const auto second = Ledger::open_or_replace(place.path, place.clock.wall());
  REQUIRE(second.has_value());
  CHECK(second->set_aside == aside + "-2");
  CHECK(place.bytes_of(aside) == "first damage");
  CHECK(place.bytes_of(aside + "-2") == "second damage");
  CHECK(second->ledger.recent_runs(5)->empty());
}

TEST_CASE("a stale journal does not reach into the ledger begun anew") {
  Place place;
  place.fill();
  const std::string journal_name = place.path + "-journal";
  std::string journal;
  auto ledger = Ledger::open(place.path);
  REQUIRE(ledger.has_value());
  REQUIRE(ledger
              ->in_transaction([&](Ledger& same) -> Result<void> {
                TRY(same.hold("late", place.clock.wall()));
                journal = place.bytes_of(journal_name);
                return {};
              })
              .has_value());
  REQUIRE_FALSE(journal.empty());
  fs::remove(place.path);
  std::ofstream(journal_name, std::ios::binary) << journal;

  const auto fresh = Ledger::open(place.path);
  REQUIRE(fresh.has_value());
  CHECK(fresh->known()->memory.empty());
  CHECK_FALSE(fs::exists(journal_name));
}

TEST_CASE("a sound ledger is not replaced") {
  Place place;
  place.fill();
  const auto opened = Ledger::open_or_replace(place.path, place.clock.wall());
  REQUIRE(opened.has_value());
  CHECK(opened->set_aside.empty());
  CHECK(opened->ledger.known()->memory.size() == 200);
}

TEST_CASE("reading only creates nothing where there is none") {
  const Place place;
  const auto ledger = Ledger::open_read_only(place.path);
  REQUIRE(ledger.has_value());
  CHECK_FALSE(ledger->has_value());
  CHECK(place.names().empty());
}

TEST_CASE("reading only refuses to write") {
  Place place;
  place.fill();
  auto ledger = Ledger::open_read_only(place.path);
  REQUIRE(ledger.has_value());
  const auto written = (*ledger)->hold("a", place.clock.wall());
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().code == Errc::denied);
}

TEST_CASE("a place that may only be read denies open and serves open_read_only") {
  Place place;
  place.fill();
  fs::perms file_mode{};
  SUBCASE("directory") {
    file_mode = fs::perms{0666};
  }
  SUBCASE("directory and file") {
    file_mode = fs::perms{0444};
  }
  fs::permissions(place.path, file_mode);
  fs::permissions(place.dir.path(), fs::perms{0555});
  const int code = in_plain_child(place.dir.path(), [&place] {
    const auto denied = Ledger::open(place.path);
    if (denied || denied.error().code != Errc::denied) {
      return 1;
    }
    const auto read = Ledger::open_read_only(place.path);
    return read && *read && (*read)->known()->memory.size() == 200 ? 0 : 2;
  });
  fs::permissions(place.dir.path(), fs::perms{0700});
  CHECK(place.names() == std::set<std::string>{"ledger.sqlite"});
  if (code == k_cannot_enter) {
    MESSAGE("skipped: the scratch directory is closed to ordinary users");
    return;
  }
  CHECK(code == 0);
}
