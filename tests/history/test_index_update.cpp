#include "fsutil/hash.hpp"
#include "tests/history/generate.hpp"
#include "tests/history/index_store.hpp"
#include "tests/history/lines.hpp"
#include "tests/support/pass_fs.hpp"
#include "worker/catalog/index_reader.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <span>
#include <stop_token>

using namespace coldpress;
using namespace coldpress::history;

namespace {

constexpr std::array k_generations{
    Generation::error_lines, Generation::errors_in_end, Generation::paginated};

std::string a_history(int seed) {
  return joined(generate(k_generations.at(static_cast<std::size_t>(seed) % 3),
                         static_cast<std::uint64_t>(seed)));
}

} // namespace

TEST_CASE("an index that grew with its rollouts has the rows of one made from scratch") {
  std::mt19937 random(7);
  for (int seed = 0; seed < 12; ++seed) {
    CAPTURE(seed);
    IndexStore store;
    const std::string bytes = a_history(seed);
    std::size_t at = random() % bytes.size(); // in the middle of a line, mostly
    store.write(1, bytes.substr(0, at));
    store.update();
    while (at < bytes.size()) {
      const std::size_t more = 1 + random() % 2000;
      store.append(1, bytes.substr(at, more));
      at += more;
      store.update();
    }
    CHECK_EQ(store.rows(), store.rows_from_scratch());
  }
}

TEST_CASE("no form and no place of a rollout changes a row, and none is read again") {
  IndexStore store;
  for (int seed = 1; seed <= 6; ++seed) {
    store.write(seed, a_history(seed));
  }
  CHECK_EQ(store.update().read, 6);
  const std::string before = store.rows();
  for (int seed = 1; seed <= 6; ++seed) {
    store.compress(seed);
  }
  CHECK_EQ(store.update().read, 0);
  CHECK_EQ(store.rows(), before);
  for (int seed = 1; seed <= 6; ++seed) {
    store.archive(seed);
  }
  const IndexReport archived = store.update();
  CHECK_EQ(archived.read, 0);
  CHECK_EQ(archived.removed, 0);
  CHECK_EQ(store.rows(), before);
  CHECK_EQ(store.rows_from_scratch(), before);
}

TEST_CASE("only what is new of a rollout that has grown is read") {
  IndexStore store;
  std::string bytes;
  while (bytes.size() < 3'000'000) {
    Lines lines(Mode::legacy);
    bytes += lines.start("t").user("a question").agent(std::string(500, 'x')).text();
  }
  store.write(1, bytes);
  CHECK_EQ(store.update().bytes, bytes.size());
  Lines more(Mode::legacy);
  store.append(1, more.user("one more").text());
  CHECK_EQ(store.update().bytes, more.text().size());
  CHECK_EQ(store.update().read, 0);
  CHECK_EQ(store.rows(), store.rows_from_scratch());
}

TEST_CASE("a rollout that shrank, was replaced or has diverged is read again") {
  const std::string bytes = a_history(1);
  std::string other = bytes;
  const std::size_t text = other.find("timestamp") - 1;
  other[text + 14] = '3'; // 2026 becomes another year: same length, other bytes
  REQUIRE_NE(other, bytes);
  const std::vector<std::pair<std::string, std::string>> cases{
      {"shrunken", bytes.substr(0, bytes.find('\n', bytes.size() / 2) + 1)},
      {"replaced", a_history(2)},
      {"longer and other", a_history(2) + bytes + bytes},
      {"one byte", other},
      {"one byte, and grown", other + bytes},
      {"empty", ""},
  };
  for (const auto& [name, now] : cases) {
    for (const bool compressed : {false, true}) {
      const std::string& what = name;
      CAPTURE(what);
      CAPTURE(compressed);
      IndexStore store;
      store.write(1, bytes);
      store.update();
      store.write(1, now);
      if (compressed) {
        store.compress(1);
      }
      store.update();
      CHECK_EQ(store.rows(), store.rows_from_scratch());
    }
  }
}

TEST_CASE("a line without an end waits, and is taken once when it is whole") {
  IndexStore store;
  Lines lines(Mode::legacy);
  lines.start("t").user("first").agent("whole answer");
  const std::string bytes = lines.text();
  store.write(1, bytes.substr(0, bytes.size() - 5));
  store.update();
  CHECK_EQ(store.rows().find("whole answer"), std::string::npos);
  store.append(1, bytes.substr(bytes.size() - 5));
  store.update();
  CHECK_NE(store.rows().find("whole answer"), std::string::npos);
  CHECK_EQ(store.rows(), store.rows_from_scratch());
}

namespace {

// The process ends at the nth reading, as by a kill: nothing is finished or closed. So
// much time passes at each that every step is a transaction of its own.
class DyingFs : public PassFs {
public:
  DyingFs(Fs& under, const FakeClock& clock, int calls)
      : PassFs(under), clock_(clock), left_(calls) {}
  Result<std::size_t>
  read_at(FileHandle file, std::span<std::byte> into, std::uint64_t offset) override {
    clock_.advance(std::chrono::seconds(2));
    if (left_-- == 0) {
      ::_exit(0);
    }
    return PassFs::read_at(file, into, offset);
  }

private:
  const FakeClock& clock_;
  int left_;
};

std::uint64_t digest(const std::string& text) {
  return hash64(std::as_bytes(std::span(text)));
}

} // namespace

TEST_CASE("rows and cursor move together, wherever an indexer is killed") {
  IndexStore store;
  for (int seed = 1; seed <= 5; ++seed) {
    store.write(seed, a_history(seed));
  }
  Lines large(Mode::legacy);
  for (int i = 0; i < 20; ++i) { // several batches
    large.start("t").user("a question").agent(std::string(500'000, 'x') + " word");
  }
  store.write(6, large.text());
  const std::uint64_t wanted = digest(store.rows_from_scratch());
  for (int calls = 0; calls < 60; calls += calls < 24 ? 1 : 7) {
    CAPTURE(calls);
    REQUIRE(Index::drop(index_path(store.store)).has_value());
    const pid_t child = ::fork();
    if (child == 0) {
      DyingFs fs(store.fs, store.clock, calls);
      IndexUpdateRules rules;
      rules.threads = 1;
      (void)refresh_index(fs, store.clock, store.store, rules);
      ::_exit(0);
    }
    int status = 0;
    REQUIRE_EQ(::waitpid(child, &status, 0), child);
    store.update();
    CHECK_EQ(digest(store.rows()), wanted);
  }
}

TEST_CASE("a stopped update goes on where it was") {
  IndexStore store;
  for (int seed = 1; seed <= 5; ++seed) {
    store.write(seed, a_history(seed));
  }
  std::stop_source stop;
  stop.request_stop();
  IndexUpdateRules rules;
  rules.stop = stop.get_token();
  const auto stopped = refresh_index(store.fs, store.clock, store.store, rules);
  REQUIRE(stopped.has_value());
  store.update();
  CHECK_EQ(store.rows(), store.rows_from_scratch());
}

TEST_CASE("what a thread said is not in the files of the index once it is deleted") {
  IndexStore store;
  Lines secret(Mode::legacy);
  secret.start("t").user("zebraunicorn").agent("the zebraunicorn answer").complete("t");
  store.write(1, secret.text());
  store.write(2, a_history(2));
  store.update();
  store.remove(1);
  CHECK_EQ(store.update().removed, 1);
  for (const char* suffix : {"", "-wal"}) {
    const std::string file = index_path(store.store) + suffix;
    if (std::filesystem::exists(file)) {
      const auto bytes = read_small(store.fs, file, 1U << 30U);
      REQUIRE(bytes.has_value());
      CHECK_EQ(bytes->find("zebraunicorn"), std::string::npos);
      CHECK_EQ(bytes->find("ebraunicorn"), std::string::npos); // behind a shared prefix
    }
  }
  CHECK_EQ(store.rows(), store.rows_from_scratch());
}

TEST_CASE("a rollout is kept while its folder cannot be listed") {
  IndexStore store;
  store.write(1, a_history(1));
  store.update();
  const std::string before = store.rows();
  std::filesystem::rename(store.store.home + "/sessions", store.dir / "elsewhere");
  std::filesystem::create_symlink(store.dir / "elsewhere",
                                  store.store.home + "/sessions");
  const IndexReport report = store.update();
  CHECK_EQ(report.removed, 0);
  CHECK_FALSE(report.problems.empty());
  CHECK_EQ(store.rows(), before);
}

TEST_CASE("a rollout that cannot be read is a problem of its own") {
  IndexStore store;
  store.write(1, a_history(1));
  store.write(2, a_history(2));
  store.compress(2);
  std::filesystem::resize_file(store.path(2) + ".zst",
                               std::filesystem::file_size(store.path(2) + ".zst") / 2);
  const IndexReport report = store.update();
  CHECK_EQ(report.problems.size(), 1);
  CHECK_EQ(store.update().problems.size(), 0); // not tried again before it changes
  const auto known = store.index().rollouts();
  REQUIRE(known.has_value());
  CHECK(known->at(0).problem.empty());
  CHECK_FALSE(known->at(1).problem.empty());
}

TEST_CASE("one indexer at a time: the other one is told") {
  IndexStore store;
  store.write(1, a_history(1));
  const auto lock = lock_index(store.fs, store.store);
  REQUIRE(lock.has_value());
  const auto refused = refresh_index(store.fs, store.clock, store.store, {});
  REQUIRE_FALSE(refused.has_value());
  CHECK_EQ(refused.error().code, Errc::busy);
}
