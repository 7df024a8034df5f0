#include "tests/support/temp_dir.hpp"
#include "worker/catalog/ledger_thread.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

using namespace coldpress;

namespace {

Ledger open(const std::string& path) {
  auto ledger = Ledger::open(path);
  REQUIRE(ledger.has_value());
  return std::move(*ledger);
}

LedgerThread::Work hold(std::string rollout) {
  return [rollout = std::move(rollout)](Ledger& ledger) {
    return ledger.hold(rollout, WallTime{});
  };
}

LedgerThread::Work hold_and_fail(std::string rollout, Errc code) {
  return [rollout = std::move(rollout), code](Ledger& ledger) -> Result<void> {
    TRY(ledger.hold(rollout, WallTime{}));
    return Fail(Error{code, 0, "test", rollout, {}});
  };
}

} // namespace

TEST_CASE("work runs in the order it was posted, on one thread that is not ours") {
  const TempDir dir;
  LedgerThread thread(open(dir / "ledger.sqlite"));
  REQUIRE(thread.start());
  std::vector<int> order;
  std::vector<std::thread::id> where;
  for (int nth = 0; nth < 50; ++nth) {
    thread.post([nth, &order, &where](Ledger&) -> Result<void> {
      order.push_back(nth);
      where.push_back(std::this_thread::get_id());
      return {};
    });
  }
  thread.flush();
  REQUIRE(order.size() == 50);
  for (std::size_t nth = 0; nth < 50; ++nth) {
    CHECK(order[nth] == static_cast<int>(nth));
    CHECK(where[nth] == where[0]);
  }
  CHECK(where[0] != std::this_thread::get_id());
  CHECK_FALSE(thread.first_error().has_value());
}

TEST_CASE("after flush another connection sees all that was posted") {
  const TempDir dir;
  LedgerThread thread(open(dir / "ledger.sqlite"));
  REQUIRE(thread.start());
  thread.post(hold("a"));
  thread.post(hold("b"));
  thread.flush();
  const auto reader = Ledger::open_read_only(dir / "ledger.sqlite");
  REQUIRE(reader.has_value());
  CHECK((*reader)->known()->memory.size() == 2);
  thread.flush();
}

TEST_CASE("work that fails is undone alone, and stops nothing") {
  const TempDir dir;
  LedgerThread thread(open(dir / "ledger.sqlite"));
  REQUIRE(thread.start());
  thread.post(hold("a"));
  thread.post(hold_and_fail("x", Errc::corrupt));
  thread.post(hold_and_fail("y", Errc::io));
  thread.post(hold("b"));
  thread.flush();
  REQUIRE(thread.first_error().has_value());
  CHECK(thread.first_error()->code == Errc::corrupt);
  const auto known = open(dir / "ledger.sqlite").known();
  REQUIRE(known.has_value());
  const Memory& memory = known->memory;
  CHECK(memory.size() == 2);
  CHECK(memory.count("a") == 1);
  CHECK(memory.count("b") == 1);
}

TEST_CASE("the destructor finishes what was posted") {
  const TempDir dir;
  {
    LedgerThread thread(open(dir / "ledger.sqlite"));
    REQUIRE(thread.start());
    for (int nth = 0; nth < 100; ++nth) {
      thread.post(hold(std::to_string(nth)));
    }
  }
  CHECK(open(dir / "ledger.sqlite").known()->memory.size() == 100);
}

TEST_CASE("many threads may post at once") {
  const TempDir dir;
  LedgerThread thread(open(dir / "ledger.sqlite"));
  REQUIRE(thread.start());
  std::vector<std::thread> posters;
  for (int who = 0; who < 4; ++who) {
    posters.emplace_back([who, &thread] {
      for (int nth = 0; nth < 25; ++nth) {
        thread.post(hold(std::to_string(who) + "-" + std::to_string(nth)));
      }
      thread.flush();
    });
  }
  for (std::thread& poster : posters) {
    poster.join();
  }
  CHECK_FALSE(thread.first_error());
  CHECK(open(dir / "ledger.sqlite").known()->memory.size() == 100);
}

TEST_CASE("what work throws is an error of the ledger, and the thread goes on") {
  TempDir dir;
  LedgerThread thread(open(dir / "ledger.sqlite"));
  REQUIRE(thread.start());
  thread.post([](Ledger&) -> Result<void> { throw std::bad_alloc(); });
  thread.flush();
  REQUIRE(thread.first_error());
  thread.post(hold("archived_sessions/b.jsonl"));
  thread.flush();
  CHECK(open(dir / "ledger.sqlite").known()->memory.size() == 1);
}

TEST_CASE("a ledger's thread that was never started ends without waiting") {
  TempDir dir;
  LedgerThread thread(open(dir / "ledger.sqlite"));
  thread.post(hold("archived_sessions/a.jsonl"));
}
