#include "tests/support/fake_clock.hpp"
#include "tests/support/temp_dir.hpp"
#include "worker/catalog/ledger.hpp"
#include "worker/catalog/schema.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t k_size = 100'000;

struct Rig {
  TempDir dir;
  FakeClock clock;
  std::string path = dir / "ledger.sqlite";
  Ledger ledger = open();

  Ledger open() const {
    auto opened = Ledger::open(path);
    REQUIRE(opened.has_value());
    return std::move(*opened);
  }
  Known known() const {
    auto read = ledger.known();
    REQUIRE(read.has_value());
    return std::move(*read);
  }
  void exec(const std::string& sql) const {
    auto db = Db::open(path, DbMode::read_write);
    REQUIRE(db.has_value());
    const auto done = db->exec(sql);
    CAPTURE(done.has_value() ? "" : describe(done.error()));
    REQUIRE(done.has_value());
  }
  void record(const Outcome& outcome) {
    REQUIRE(ledger.record(1, outcome, clock.wall()).has_value());
  }
};

Outcome outcome(const std::string& rollout, OutcomeKind kind) {
  Outcome made;
  made.rollout = rollout;
  made.kind = kind;
  made.stamp.inode = 42;
  made.stamp.size = k_size;
  made.stamp.ctime = WallTime(5ns);
  made.bytes_before = k_size;
  made.bytes_after = k_size / 10;
  return made;
}

RememberedHead head_of(const Outcome& of) {
  RolloutHead head;
  head.thread_id = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001";
  head.cwd = "/home/me/\xff";
  head.cli_version = "0.169.0";
  head.written = WallTime(-7ns);
  return {head_key(of.rollout, of.stamp), head};
}

// Back to the layouts of earlier releases.
constexpr std::string_view k_to_third_layout =
    "ALTER TABLE runs RENAME COLUMN compressed TO pressed; "
    "ALTER TABLE files RENAME COLUMN compressed TO pressed; "
    "UPDATE files SET outcome = 'pressed' WHERE outcome = 'compressed'; "
    "UPDATE files SET outcome = 'repressed' WHERE outcome = 'recompressed'; "
    "UPDATE outcomes SET outcome = 'pressed' WHERE outcome = 'compressed'; "
    "UPDATE outcomes SET outcome = 'repressed' WHERE outcome = 'recompressed'; "
    "PRAGMA user_version = 3";
constexpr std::string_view k_to_second_layout =
    "DROP TABLE verifications; DROP TABLE outcomes; ALTER TABLE files DROP COLUMN "
    "predicted_bytes; "
    "ALTER TABLE files DROP COLUMN verified_at; PRAGMA user_version = 2";
constexpr std::string_view k_to_first_layout =
    "DROP INDEX files_remembered; DROP TABLE achieved; DROP TABLE head_pages; "
    "PRAGMA user_version = 1";

} // namespace

TEST_CASE("first records survive reopening, and go when they are gone") {
  Rig rig;
  const RememberedHead head = head_of(outcome("archived_sessions/a.jsonl", {}));
  HeadMemory memory;
  REQUIRE(rig.ledger.write_heads(memory.apply({{head}, {}})).has_value());
  rig.ledger = rig.open();
  const Known known = rig.known();
  CHECK(known.heads.size() == 1);
  const auto found = known.heads.find(head.key);
  REQUIRE(found);
  CHECK(found->head() == head.head);

  REQUIRE(rig.ledger.write_heads(memory.apply({{}, {head.key}})).has_value());
  CHECK(rig.known().heads.size() == 0);
}

TEST_CASE("a first record that proved wrong is forgotten, and no other") {
  Rig rig;
  Outcome wrong = outcome("archived_sessions/a.jsonl", OutcomeKind::skipped);
  wrong.reason = Reason::changed;
  Outcome right = outcome("archived_sessions/b.jsonl", OutcomeKind::skipped);
  right.reason = Reason::live_writer;
  HeadMemory memory;
  REQUIRE(rig.ledger.write_heads(memory.apply({{head_of(wrong), head_of(right)}, {}}))
              .has_value());
  rig.record(right);
  CHECK(rig.known().heads.size() == 2);
  rig.record(wrong);
  CHECK(rig.known().heads.size() == 1);
  CHECK(rig.known().heads.find(head_of(right).key));
  rig.record(wrong);
  CHECK(rig.known().heads.size() == 1);
}

TEST_CASE("a damaged page of first records is read as none, the rest stays") {
  Rig rig;
  const Outcome held = outcome("archived_sessions/a.jsonl", {});
  HeadMemory memory;
  REQUIRE(rig.ledger.write_heads(memory.apply({{head_of(held)}, {}})).has_value());
  REQUIRE(rig.ledger.hold(held.rollout, rig.clock.wall()).has_value());
  for (const std::string_view value : {"x'00'", "zeroblob(400)", "7", "'text'"}) {
    CAPTURE(value);
    rig.exec("UPDATE head_pages SET bytes = " + std::string(value));
    CHECK(rig.known().heads.size() == 0);
    CHECK(rig.known().memory.size() == 1);
  }
}

TEST_CASE("whoever only looks at a damaged ledger gets true heads, fewer, or an error") {
  Rig rig;
  HeadNews news;
  for (int number = 0; number < 300; ++number) {
    news.learned.push_back(
        head_of(outcome("archived_sessions/" + std::to_string(number), {})));
  }
  REQUIRE(rig.ledger.write_heads(HeadMemory().apply(news)).has_value());
  std::ifstream in(rig.path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  constexpr std::size_t k_page = 4096;
  std::size_t fewer = 0;
  std::size_t errors = 0;
  for (std::size_t at = k_page; at < bytes.size(); at += k_page) {
    std::string damaged = bytes;
    // All of the page, or one byte in the last of its rows.
    const bool whole = at / k_page % 2 == 0;
    const std::size_t end = std::min(at + k_page, bytes.size());
    for (std::size_t i = whole ? at : end - 5; i < end; i += 7) {
      damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    }
    const std::string path = rig.dir / "damaged.sqlite";
    std::ofstream(path, std::ios::binary) << damaged;
    const auto looked = Ledger::open_read_only(path);
    if (!looked) {
      CHECK(looked.error().code == Errc::corrupt);
      ++errors;
      continue;
    }
    const auto known = (*looked)->known();
    if (!known) {
      CHECK(known.error().code == Errc::corrupt);
      ++errors;
      continue;
    }
    fewer += known->heads.size() < news.learned.size() ? 1U : 0U;
    for (const RememberedHead& head : news.learned) {
      const auto found = known->heads.find(head.key);
      CHECK((!found || found->head() == head.head));
    }
  }
  CHECK(fewer > 0);
  CHECK(errors > 0);
}

TEST_CASE("memory holds only rollouts there is something to remember of") {
  Rig rig;
  rig.record(outcome("compressed", OutcomeKind::compressed));
  Outcome no_gain = outcome("no gain", OutcomeKind::skipped);
  no_gain.reason = Reason::no_gain;
  rig.record(no_gain);
  CHECK(rig.known().memory.size() == 1);
  CHECK(rig.known().memory.at("no gain").no_gain);
}

TEST_CASE("what was achieved is summed by size class") {
  Rig rig;
  rig.record(outcome("a", OutcomeKind::compressed));
  rig.record(outcome("b", OutcomeKind::compressed));
  Outcome large = outcome("c", OutcomeKind::compressed);
  large.bytes_before = 8 * k_size;
  rig.record(large);
  rig.record(outcome("a", OutcomeKind::reaped)); // told of already
  const Known known = rig.known();
  const auto& sums = known.achieved.by_class;
  CHECK(sums.at(size_class(k_size)).plain == 2 * k_size);
  CHECK(sums.at(size_class(k_size)).compressed == 2 * (k_size / 10));
  CHECK(sums.at(size_class(8 * k_size)).plain == 8 * k_size);
}

TEST_CASE("a ledger of the third layout is read in the words of today") {
  Rig rig;
  rig.record(outcome("a", OutcomeKind::compressed));
  rig.record(outcome("b", OutcomeKind::recompressed));
  rig.exec(std::string(k_to_third_layout));
  std::uint64_t counted = 1;
  SUBCASE("written by releases") {}
  SUBCASE("with the new word in it already") {
    rig.exec("INSERT INTO outcomes VALUES ('compressed', 5)");
    counted = 6;
  }

  rig.ledger = rig.open();
  CHECK(rig.ledger.file("a")->value().outcome == "compressed");
  CHECK(rig.ledger.file("b")->value().outcome == "recompressed");
  CHECK(rig.ledger.file("b")->value().compressed);
  const auto counters = rig.ledger.counters();
  REQUIRE(counters);
  CHECK(counters->outcomes.at("compressed") == counted);
  CHECK(counters->outcomes.at("recompressed") == 1);
  CHECK_FALSE(counters->outcomes.contains("pressed"));
}

TEST_CASE("a ledger of the second layout counts a frame as verified when it was made") {
  Rig rig;
  rig.record(outcome("a", OutcomeKind::compressed));
  rig.record(outcome("b", OutcomeKind::compressed));
  rig.record(outcome("b", OutcomeKind::writer_arrived));
  rig.record(outcome("c", OutcomeKind::conflict));
  rig.exec(std::string(k_to_third_layout));
  rig.exec(std::string(k_to_second_layout));

  rig.ledger = rig.open();
  CHECK(rig.ledger.file("a")->value().verified_at == rig.clock.wall());
  CHECK(rig.ledger.file("a")->value().predicted_bytes == 0);
  CHECK_FALSE(rig.ledger.file("b")->value().verified_at.has_value());
  CHECK_FALSE(rig.ledger.file("c")->value().verified_at.has_value());
}

TEST_CASE("a ledger of the first layout keeps all it knows") {
  Rig rig;
  REQUIRE(rig.ledger.begin_run(RunStart{}).has_value());
  rig.record(outcome("a", OutcomeKind::compressed));
  Outcome whole_class = outcome("b", OutcomeKind::compressed);
  whole_class.bytes_before = 131'071; // the last of its class, and the first of the next
  rig.record(whole_class);
  whole_class.rollout = "c";
  whole_class.bytes_before = 131'072;
  rig.record(whole_class);
  Outcome no_gain = outcome("d", OutcomeKind::skipped);
  no_gain.reason = Reason::no_gain;
  rig.record(no_gain);
  REQUIRE(rig.ledger.hold("e", rig.clock.wall() + 1h).has_value());
  const Known before = rig.known();
  rig.exec(std::string(k_to_third_layout));
  rig.exec(std::string(k_to_second_layout));
  rig.exec(std::string(k_to_first_layout));

  const auto looked = Ledger::open_read_only(rig.path);
  REQUIRE_FALSE(looked.has_value());
  CHECK(looked.error().code == Errc::unsupported);

  rig.ledger = rig.open();
  const Known after = rig.known();
  CHECK(after.memory.size() == 2);
  CHECK(after.memory.at("d").no_gain);
  CHECK(after.memory.at("d").stamp == no_gain.stamp);
  CHECK(after.memory.at("e").hold_until == rig.clock.wall() + 1h);
  CHECK(after.heads.size() == 0);
  for (std::size_t nth = 0; nth < after.achieved.by_class.size(); ++nth) {
    CAPTURE(nth);
    CHECK(after.achieved.by_class.at(nth).plain ==
          before.achieved.by_class.at(nth).plain);
    CHECK(after.achieved.by_class.at(nth).compressed ==
          before.achieved.by_class.at(nth).compressed);
  }
  CHECK(rig.ledger.recent_runs(10)->size() == 1);
  CHECK(rig.ledger.totals()->compressed == 3);
}

TEST_CASE(
    "the frames that coldpress made are known by their lengths, as long as they stand") {
  Rig rig;
  Outcome made = outcome("archived_sessions/a", OutcomeKind::compressed);
  made.level = 9;
  rig.record(made);
  Outcome found =
      outcome("archived_sessions/b", OutcomeKind::recovered); // another's .zst
  rig.record(found);
  CHECK(rig.known().own == OwnFrames{{made.rollout, made.bytes_after}});
  made.kind = OutcomeKind::recompressed;
  made.bytes_after = 7;
  rig.record(made);
  CHECK(rig.known().own == OwnFrames{{made.rollout, 7}});
  made.kind = OutcomeKind::restored;
  rig.record(made);
  CHECK(rig.known().own.empty());
}
