#include "tests/history/generate.hpp"
#include "tests/history/index_store.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>

using namespace coldpress;
using namespace coldpress::history;

namespace {

void fill(IndexStore& store) {
  for (int seed = 1; seed <= 4; ++seed) {
    store.write(
        seed,
        joined(generate(Generation::errors_in_end, static_cast<std::uint64_t>(seed))));
  }
}

void overwrite(const std::string& path, std::uint64_t at, const std::string& bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at));
  file << bytes;
}

mode_t mode_of(const std::string& path) {
  struct stat stat {};
  REQUIRE_EQ(::stat(path.c_str(), &stat), 0);
  return stat.st_mode & 0777U;
}

} // namespace

TEST_CASE("the index is for its owner alone") {
  IndexStore store;
  fill(store);
  const mode_t before = ::umask(0);
  store.update();
  ::umask(before);
  const Index open = store.index(); // its journals stand beside it
  CHECK_EQ(mode_of(index_path(store.store)), 0600);
  CHECK_EQ(mode_of(store.store.state_dir), 0700);
  for (const char* suffix : {"-wal", "-shm"}) {
    if (std::filesystem::exists(index_path(store.store) + suffix)) {
      CHECK_EQ(mode_of(index_path(store.store) + suffix), 0600);
    }
  }
}

TEST_CASE("what is not an index of coldpress is set aside and made anew") {
  const std::vector<std::pair<std::string, std::function<void(const std::string&)>>>
      cases{
          {"text",
           [](const std::string& path) { std::ofstream(path) << "not a database"; }},
          {"foreign",
           [](const std::string& path) {
             std::ofstream(path).close();
             auto db = Db::open(path, DbMode::read_write);
             REQUIRE(db.has_value());
             REQUIRE(db->exec("CREATE TABLE theirs (a); PRAGMA user_version = 1")
                         .has_value());
           }},
          {"a page of noise",
           [](const std::string& path) { overwrite(path, 100, std::string(4000, 'x')); }},
          {"cut",
           [](const std::string& path) { std::filesystem::resize_file(path, 5000); }},
      };
  for (const auto& [name, damage] : cases) {
    const std::string& what = name;
    CAPTURE(what);
    IndexStore store;
    fill(store);
    store.update();
    const std::string wanted = store.rows();
    damage(index_path(store.store));
    const IndexReport report = store.update();
    CHECK_FALSE(report.set_aside.empty());
    CHECK(std::filesystem::exists(report.set_aside));
    CHECK_EQ(store.rows(), wanted);
    const auto removed = Index::drop(index_path(store.store));
    REQUIRE(removed.has_value());
    CHECK_FALSE(std::filesystem::exists(report.set_aside));
  }
}

TEST_CASE("an index of a newer program is left alone") {
  IndexStore store;
  fill(store);
  store.update();
  REQUIRE(store.index().db().exec("PRAGMA user_version = 99").has_value());
  const auto report = refresh_index(store.fs, store.clock, store.store, {});
  REQUIRE_FALSE(report.has_value());
  CHECK_EQ(report.error().code, Errc::unsupported);
}

TEST_CASE(
    "damage anywhere in the index ends in an error or a sound answer, never a crash") {
  IndexStore store;
  fill(store);
  store.update();
  const auto sound = read_small(store.fs, index_path(store.store), 1U << 30U);
  REQUIRE(sound.has_value());
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    std::ofstream(index_path(store.store), std::ios::binary | std::ios::trunc) << *sound;
    for (const char* suffix : {"-wal", "-shm"}) {
      std::filesystem::remove(index_path(store.store) + suffix);
    }
    std::string noise(1 + random() % 64, '\0');
    for (char& c : noise) {
      c = static_cast<char>(random());
    }
    overwrite(index_path(store.store), random() % sound->size(), noise);
    store.write(5, joined(generate(Generation::paginated, random())));
    const auto report = refresh_index(store.fs, store.clock, store.store, {});
    if (report && !report->set_aside.empty()) {
      CHECK_EQ(store.rows(), store.rows_from_scratch());
    }
    for (const auto& entry : std::filesystem::directory_iterator(store.store.state_dir)) {
      if (entry.path().string().find(".damaged-") != std::string::npos) {
        std::filesystem::remove(entry.path());
      }
    }
  }
}
