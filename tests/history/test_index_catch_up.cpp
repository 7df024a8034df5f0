#include "tests/history/index_store.hpp"
#include "tests/history/lines.hpp"
#include "tests/support/pass_fs.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <map>
#include <random>

using namespace coldpress;
using namespace coldpress::history;

namespace {

namespace disk = std::filesystem;

std::string a_thread(const std::string& word) {
  Lines lines(Mode::legacy);
  return lines.start("t").user("about " + word).agent("an answer").complete("t").text();
}

// Counts what a catch-up asks of the disk, and can be a disk of another machine.
class CountingFs : public PassFs {
public:
  using PassFs::PassFs;
  Result<FileStat> lstat(const std::string& path) override {
    looked += path.find(".jsonl") == std::string::npos ? 0 : 1;
    return PassFs::lstat(path);
  }
  Result<std::vector<DirEntry>> list_dir(const std::string& path) override {
    listed += 1;
    return PassFs::list_dir(path);
  }
  Result<SpaceInfo> space(const std::string& path) override {
    TRY_ASSIGN(SpaceInfo info, PassFs::space(path));
    info.known_local = info.known_local && local;
    return info;
  }
  int looked = 0;
  int listed = 0;
  bool local = true;
};

// Three compressed ones and a plain one, indexed, and what was written is long ago.
struct Settled : IndexStore {
  Settled() {
    for (int number = 1; number <= 4; ++number) {
      write(number, a_thread("number" + std::to_string(number)));
      if (number < 4) {
        compress(number);
      }
    }
    settle();
    disk_tick();
    update();
  }
  // The disk's clock is fine enough to tell this moment from all others: these
  // directories have changed now.
  void disk_tick(std::initializer_list<const char*> dirs = {"/sessions",
                                                            "/sessions/2026",
                                                            "/sessions/2026/01",
                                                            "/sessions/2026/01/02",
                                                            "/archived_sessions"}) {
    for (const char* name : dirs) {
      disk::last_write_time(store.home + name,
                            disk::file_time_type::clock::now() - std::chrono::hours(100) +
                                std::chrono::seconds(++ticks_));
    }
  }
  CountingFs catch_up(bool local = true) {
    CountingFs counting(fs);
    counting.local = local;
    IndexUpdateRules rules;
    rules.look = Look::changed;
    REQUIRE(refresh_index(counting, clock, store, rules).has_value());
    return counting;
  }

private:
  int ticks_ = 0;
};

} // namespace

TEST_CASE(
    "a catch-up lists no directory that is unchanged, and looks at plain rollouts only") {
  Settled store;
  const CountingFs quiet = store.catch_up();
  CHECK_EQ(quiet.listed, 0);
  CHECK_EQ(quiet.looked, 1);
  store.write(5, a_thread("later"));
  CHECK_GT(store.catch_up().listed, 0);
  CHECK_EQ(store.rows(), store.rows_from_scratch());
}

TEST_CASE("a catch-up finds whatever is done to a store") {
  const std::string day = "/sessions/2026/01/02";
  const std::map<std::string, std::function<void(Settled&)>> deeds{
      {"a new one", [](Settled& s) { s.write(5, a_thread("five")); }},
      {"one grew", [](Settled& s) { s.append(4, a_thread("more")); }},
      {"one was compressed", [](Settled& s) { s.compress(4); }},
      {"one was restored", [](Settled& s) { s.write(1, a_thread("number1")); }},
      {"one was restored and grew",
       [](Settled& s) { s.write(1, a_thread("number1") + a_thread("more")); }},
      {"one was archived", [](Settled& s) { s.archive(2); }},
      {"a plain one was archived", [](Settled& s) { s.archive(4); }},
      {"one is gone", [](Settled& s) { s.remove(3); }},
      {"a plain one is gone", [](Settled& s) { s.remove(4); }},
      {"one was replaced",
       [](Settled& s) {
         s.write(1, a_thread("another"));
         s.compress(1);
       }},
      {"a second copy came, which readers take",
       [](Settled& s) {
         std::ofstream(s.store.home + "/archived_sessions/" + IndexStore::file_name(2))
             << a_thread("number2") << a_thread("more");
       }},
      {"a whole directory is gone",
       [day](Settled& s) { disk::remove_all(s.store.home + day); }},
      {"a directory was renamed",
       [day](Settled& s) {
         disk::rename(s.store.home + day, s.store.home + "/sessions/2026/01/03");
       }},
      {"new directories came",
       [](Settled& s) {
         const std::string dir = s.store.home + "/sessions/2027/02/03/";
         disk::create_directories(dir);
         std::ofstream(dir + IndexStore::file_name(7)) << a_thread("seven");
       }},
      {"a tree is gone",
       [](Settled& s) { disk::remove_all(s.store.home + "/sessions"); }},
      {"the clock went back",
       [](Settled& s) {
         s.write(5, a_thread("five"));
         s.clock.set_wall(WallTime(std::chrono::hours(1)));
       }},
  };
  for (const auto& [name, deed] : deeds) {
    const std::string& what = name;
    CAPTURE(what);
    Settled store;
    deed(store);
    store.catch_up();
    CHECK_EQ(store.rows(), store.rows_from_scratch());
    store.catch_up(); // and what it remembers now is right, too
    CHECK_EQ(store.rows(), store.rows_from_scratch());
  }
}

TEST_CASE("of two copies in two directories the other one is found when the first goes") {
  Settled store;
  disk::copy(store.path(2) + ".zst",
             store.store.home + "/archived_sessions/" + IndexStore::file_name(2) +
                 ".zst");
  store.update();
  store.remove(2);
  store.catch_up();
  const auto known = store.index().rollout_named(IndexStore::file_name(2));
  REQUIRE(known.has_value());
  REQUIRE(known->has_value());
  CHECK((*known)->found.archived);
}

namespace {

// A disk whose clock stands still: whatever is done, directories keep their times.
class StandingFs : public PassFs {
public:
  StandingFs(Fs& under, WallTime time) : PassFs(under), time_(time) {}
  Result<FileStat> lstat(const std::string& path) override {
    TRY_ASSIGN(FileStat stat, PassFs::lstat(path));
    if (stat.type == FileType::directory) {
      stat.mtime = stat.ctime = time_;
    }
    return stat;
  }

private:
  WallTime time_;
};

} // namespace

TEST_CASE("within the grain of the disk's clock no change of a directory is missed") {
  for (const int age : {-100, 0, 2}) {
    CAPTURE(age);
    IndexStore store;
    StandingFs standing(store.fs, store.clock.wall() - std::chrono::seconds(age));
    IndexUpdateRules rules;
    rules.look = Look::changed;
    for (int number = 1; number <= 3; ++number) {
      store.write(number, a_thread("number" + std::to_string(number)));
      store.compress(number);
      REQUIRE(refresh_index(standing, store.clock, store.store, rules).has_value());
      CHECK_EQ(store.rows(), store.rows_from_scratch());
    }
  }
}

TEST_CASE("on a disk that others may change every directory is listed") {
  Settled store;
  REQUIRE(store.index().remember_dirs({}).has_value());
  store.catch_up(false);
  const int again = store.catch_up(false).listed;
  CHECK_GT(again, 0);
  // It remembers nothing that another kind of disk could go by.
  CHECK_EQ(store.catch_up(true).listed, again);
}

TEST_CASE("an update that was stopped remembers no directory") {
  Settled store;
  const auto before = store.index().dirs();
  store.write(5, a_thread("five"));
  store.compress(5);
  std::stop_source stop;
  stop.request_stop();
  IndexUpdateRules rules;
  rules.stop = stop.get_token();
  REQUIRE(refresh_index(store.fs, store.clock, store.store, rules).has_value());
  const auto after = store.index().dirs();
  REQUIRE(before.has_value());
  REQUIRE(after.has_value());
  CHECK(*before == *after);
  store.catch_up();
  CHECK_EQ(store.rows(), store.rows_from_scratch());
}

TEST_CASE("a store in which anything happens is as from scratch after each catch-up") {
  std::mt19937 random(11);
  Settled store;
  for (int step = 0; step < 60; ++step) {
    CAPTURE(step);
    const int number = 1 + static_cast<int>(random() % 8);
    const bool plain = disk::exists(store.path(number));
    const auto deed = random() % 6;
    if (deed == 0) {
      store.remove(number);
    } else if (deed == 1 && plain) {
      store.compress(number);
    } else if (deed == 2 && plain) {
      store.append(number, a_thread("step" + std::to_string(step)));
    } else if (deed == 3) {
      store.archive(number);
      store.disk_tick({"/archived_sessions"});
    } else if (deed > 3) {
      store.write(number, a_thread("step" + std::to_string(step)));
    }
    if (deed != 2) { // growing in place changes no directory
      store.disk_tick({"/sessions/2026/01/02"});
    }
    if (random() % 2 == 0) {
      store.settle();
    } else {
      store.clock.set_wall(WallTime(std::chrono::hours(1))); // nothing is settled
    }
    store.catch_up();
    CHECK_EQ(store.rows(), store.rows_from_scratch());
  }
}
