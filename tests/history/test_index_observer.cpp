#include "tests/history/index_store.hpp"
#include "tests/history/lines.hpp"
#include "worker/index/index_observer.hpp"
#include "worker/rollout/writer.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace coldpress;
using namespace coldpress::history;

namespace {

namespace disk = std::filesystem;
using namespace std::chrono_literals;

// Thread 1 is in the store and in its index; what is appended is observed.
struct Observed : IndexStore {
  Observed() {
    write(1, begin);
    update();
  }

  std::vector<std::string> turn(const std::string& id) const {
    Lines lines(Mode::legacy);
    const std::size_t meta = lines.text().size();
    const std::string text =
        lines.start(id).user("about " + id).agent("answer " + id).complete(id).text();
    std::vector<std::string> records;
    for (std::size_t at = meta; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      records.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    return records;
  }

  RolloutWriter open(const ThreadLock& lock) {
    WriterOptions options;
    options.appended = [this](const AppendedLines& lines) {
      const auto seen = observer->see(path(1), lines);
      REQUIRE_MESSAGE(seen.has_value(), (seen ? "" : describe(seen.error())));
      answers.push_back(*seen);
    };
    auto writer = RolloutWriter::open(fs, clock, codex, &lock, path(1), options);
    REQUIRE_MESSAGE(writer.has_value(), (writer ? "" : describe(writer.error())));
    return std::move(*writer);
  }

  void put(RolloutWriter& writer, const std::string& id) {
    for (const std::string& record : turn(id)) {
      REQUIRE(writer.append(record));
    }
    AppendReport done;
    REQUIRE(writer.flush(done));
  }

  ThreadLock lock() {
    return std::move(ThreadLock::acquire(fs, clock, codex, thread_id(1), 0s).value());
  }

  const std::string begin = Lines(Mode::legacy)
                                .raw(R"({"type":"x"})")
                                .start("a")
                                .user("about a")
                                .complete("a")
                                .text();
  CodexLocks codex{fs, clock, store.home};
  std::optional<IndexObserver> observer{std::in_place, fs, clock, store};
  std::vector<bool> answers;
};

// The meta of Lines names the thread "thread".
std::string with_id(std::string text, const std::string& id) {
  const std::size_t at = text.find("\"thread\"");
  return text.replace(at, 8, "\"" + id + "\"");
}

std::string meta_of(const std::string& id) {
  std::string line = with_id(Lines(Mode::legacy).text(), id);
  line.pop_back();
  return line;
}

} // namespace

TEST_CASE("what an appender hands on gives the rows that the indexer gives") {
  Observed store;
  store.write(1, with_id(store.begin, IndexStore::thread_id(1)));
  store.update();
  const ThreadLock lock = store.lock();
  RolloutWriter writer = store.open(lock);
  for (const std::string id : {"b", "c", "d"}) {
    store.put(writer, id);
    CHECK(rows_of(store.index()) == store.rows_from_scratch());
  }
  CHECK(store.answers == std::vector<bool>{true, true, true});
  // Nothing is left for the indexer to read.
  CHECK(store.update().read == 0);
}

TEST_CASE("lines that the observer was not told of are read from the file") {
  Observed store;
  store.write(1, with_id(store.begin, IndexStore::thread_id(1)));
  const ThreadLock lock = store.lock(); // and the index lags behind the file
  RolloutWriter writer = store.open(lock);
  store.put(writer, "b");
  CHECK(rows_of(store.index()) == store.rows_from_scratch());
  // Another process indexes between two batches.
  std::ofstream(store.path(1), std::ios::app) << store.turn("x").front() << '\n';
  store.update();
  store.put(writer, "c");
  CHECK(rows_of(store.index()) == store.rows_from_scratch());
  // The index was thrown away, and made anew by somebody else.
  REQUIRE(Index::drop(index_path(store.store)));
  store.put(writer, "d");
  CHECK_FALSE(store.answers.back());
  CHECK_FALSE(disk::exists(index_path(store.store)));
  store.update();
  store.put(writer, "e");
  CHECK(store.answers.back());
  CHECK(rows_of(store.index()) == store.rows_from_scratch());
}

TEST_CASE("a file of the same length that came in the rollout's place is read") {
  Observed store;
  store.write(1, with_id(store.begin, IndexStore::thread_id(1)));
  store.update();
  const ThreadLock lock = store.lock();
  RolloutWriter writer = store.open(lock);
  store.put(writer, "b");
  const std::uint64_t offset = disk::file_size(store.path(1));
  std::string lines;
  for (const std::string& record : store.turn("c")) {
    lines += record + "\n";
  }
  std::string other = with_id(store.begin, IndexStore::thread_id(1));
  other.resize(offset + lines.size() - 1, ' ');
  std::ofstream(store.path(1) + ".new") << other << '\n';
  disk::rename(store.path(1) + ".new", store.path(1));
  REQUIRE(store.observer->see(store.path(1), {offset, lines}));
  CHECK(store.update().read == 1);
  CHECK(rows_of(store.index()) == store.rows_from_scratch());
}

TEST_CASE("beside another writer of the index an append takes no notice of it") {
  Observed store;
  store.write(1, with_id(store.begin, IndexStore::thread_id(1)));
  store.update();
  const ThreadLock lock = store.lock();
  RolloutWriter writer = store.open(lock);
  {
    const auto other = lock_index(store.fs, store.store);
    REQUIRE(other);
    store.put(writer, "b");
    CHECK(store.answers == std::vector<bool>{false});
  }
  store.put(writer, "c");
  CHECK(store.answers.back());
  CHECK(rows_of(store.index()) == store.rows_from_scratch());
}

TEST_CASE("a new thread is in the index with its first batch, a compressed one again") {
  Observed store;
  const auto created = ThreadLock::acquire(
      store.fs, store.clock, store.codex, IndexStore::thread_id(2), 0s);
  REQUIRE(created);
  WriterOptions options;
  options.appended = [&](const AppendedLines& lines) {
    CHECK(store.observer->see(store.path(2), lines).value());
  };
  RolloutWriter fresh = RolloutWriter::create(
      store.fs, store.clock, *created, store.path(2), std::move(options));
  REQUIRE(fresh.append(meta_of(IndexStore::thread_id(2))));
  REQUIRE(fresh.persist());
  CHECK(rows_of(store.index()) == store.rows_from_scratch());

  store.write(1, with_id(store.begin, IndexStore::thread_id(1)));
  store.compress(1);
  store.update();
  store.observer.emplace(store.fs, store.clock, store.store);
  const ThreadLock lock = store.lock();
  RolloutWriter writer = store.open(lock);
  store.put(writer, "b");
  CHECK_FALSE(disk::exists(store.path(1) + ".zst"));
  CHECK(rows_of(store.index()) == store.rows_from_scratch());
}
