#include "worker/run/scheduler.hpp"

#include <doctest/doctest.h>

#include <map>
#include <vector>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

constexpr ScheduleRules k_daily{true, 24h, 30min, 1h, std::nullopt};
constexpr ScheduleRules k_exactly_daily{true, 24h, 0ms, 1h, std::nullopt};
constexpr int k_busy = 75;

std::chrono::nanoseconds wait_of(const StoreSchedule& store, BootTime now) {
  const auto due = store.due();
  REQUIRE(due.has_value());
  return due->at - now;
}

PassCause cause_of(const StoreSchedule& store) {
  const auto due = store.due();
  REQUIRE(due.has_value());
  return due->cause;
}

// One that ended its last pass just now.
StoreSchedule rested(ScheduleRules rules, BootTime now, std::uint64_t seed = 1) {
  StoreSchedule store(rules, seed);
  store.start(now - 1h, std::nullopt, 0);
  store.pass_began();
  store.pass_ended(now, 0);
  return store;
}

void fail(StoreSchedule& store, BootTime now, int exit_code) {
  store.pass_began();
  store.pass_ended(now, exit_code);
}

} // namespace

TEST_CASE("a store that was never passed over is taken soon after the start") {
  StoreSchedule store(k_daily, 1);
  store.start(100h, std::nullopt, 0);
  CHECK(wait_of(store, 100h) == 5s);
  CHECK(cause_of(store) == PassCause::first);
}

TEST_CASE("a restart does not start the interval over") {
  StoreSchedule before = rested(k_daily, 50h, 7);
  StoreSchedule after(k_daily, 7);
  after.start(60h, 10h, 0);
  CHECK(after.due()->at == before.due()->at);
  CHECK(cause_of(after) == PassCause::schedule);
}

TEST_CASE("a pass that was missed is made soon after the start, not by all at once") {
  std::map<std::chrono::nanoseconds, int> waits;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    StoreSchedule store(k_daily, seed);
    store.start(100h, 72h, 0);
    CHECK(cause_of(store) == PassCause::missed);
    CHECK(wait_of(store, 100h) >= 5s);
    CHECK(wait_of(store, 100h) <= 5min + 5s);
    waits[wait_of(store, 100h)] += 1;
  }
  CHECK(waits.size() > 45);
}

TEST_CASE("a last run in the future of the calendar counts as one of now") {
  StoreSchedule store(k_exactly_daily, 1);
  store.start(100h, -1000h, 0);
  CHECK(wait_of(store, 100h) == 24h);
}

TEST_CASE("the jitter differs between stores and is the same at every time") {
  std::map<std::chrono::nanoseconds, int> waits;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    StoreSchedule store = rested(k_daily, 10h, seed);
    const auto wait = wait_of(store, 10h);
    CHECK(wait >= 24h);
    CHECK(wait <= 24h + 30min);
    waits[wait] += 1;
    fail(store, 40h, 0);
    CHECK(wait_of(store, 40h) == wait);
  }
  CHECK(waits.size() > 45);
}

TEST_CASE("a busy store is tried again, less and less often, at least every hour") {
  StoreSchedule store = rested(k_daily, 0h);
  BootTime now = 24h;
  for (const auto wait : {5min, 10min, 20min, 40min, 60min, 60min}) {
    fail(store, now, k_busy);
    CHECK(wait_of(store, now) == wait);
    CHECK(cause_of(store) == PassCause::retry);
    now += wait;
  }
  fail(store, now, 0);
  CHECK(wait_of(store, now) >= 24h);
}

TEST_CASE("a pass that fails is tried again, less and less often, at least every 6 h") {
  StoreSchedule store = rested(k_daily, 0h);
  BootTime now = 24h;
  std::chrono::nanoseconds last = 0h;
  for (int i = 0; i < 12; ++i) {
    fail(store, now, i % 2 == 0 ? 1 : 137);
    CHECK(wait_of(store, now) >= last);
    last = wait_of(store, now);
    now += last;
  }
  CHECK(last == 6h);
  // Whatever is archived meanwhile.
  fail(store, now, 1);
  store.archived(now);
  CHECK(wait_of(store, now) == 6h);
}

TEST_CASE("a retry never comes later than the next pass would have") {
  StoreSchedule store = rested({true, 1min, 0ms, 1h, std::nullopt}, 0h);
  fail(store, 1h, k_busy);
  CHECK(wait_of(store, 1h) == 1min);
}

TEST_CASE("some files that failed, or need a person, are no reason for a retry") {
  for (const int exit_code : {3, 4}) {
    StoreSchedule store = rested(k_exactly_daily, 0h);
    fail(store, 24h, exit_code);
    CHECK(wait_of(store, 24h) == 24h);
  }
}

TEST_CASE("a restart after a failure tries again soon") {
  StoreSchedule store(k_daily, 1);
  store.start(100h, 1h, k_busy);
  CHECK(wait_of(store, 100h) == 5s);
  CHECK(cause_of(store) == PassCause::retry);
}

TEST_CASE("with the feature off nothing is due, whatever happens") {
  StoreSchedule store({false, 24h, 0ms, 1h, 100}, 1);
  store.start(0h, std::nullopt, 0);
  store.ask(1h);
  store.archived(1h);
  (void)store.free_space(1h, 10);
  CHECK_FALSE(store.due().has_value());
  CHECK_FALSE(whose_turn({&store}, 100h).has_value());
  store.set_rules(k_daily);
  CHECK(store.due().has_value());
}

TEST_CASE("what is archived cold is taken once it has settled, many in one pass") {
  StoreSchedule store = rested(k_daily, 0h);
  store.archived(2h);
  store.archived(2h + 30min);
  CHECK(cause_of(store) == PassCause::archived);
  CHECK(wait_of(store, 2h) == 1h + 5s);
  fail(store, 3h, 0);
  CHECK(cause_of(store) == PassCause::schedule);
}

TEST_CASE("what is archived one by one does not make passes without a pause") {
  StoreSchedule store = rested({true, 24h, 0ms, 0ms, std::nullopt}, 0h);
  store.archived(1s);
  CHECK(wait_of(store, 0h) == 10min);
}

TEST_CASE("what is archived during a pass is taken by the next") {
  StoreSchedule store = rested(k_daily, 0h);
  store.pass_began();
  store.archived(2h);
  store.pass_ended(2h, 0);
  CHECK(cause_of(store) == PassCause::archived);
}

TEST_CASE("little space: a pass at once, then every hour, until a tenth more is free") {
  StoreSchedule store = rested({true, 24h, 30min, 1h, 1000}, 0h);
  CHECK(store.free_space(1h, 1000) == SpaceNews::none);
  CHECK(store.free_space(2h, 999) == SpaceNews::short_now);
  CHECK(store.compressed_for_space());
  CHECK(wait_of(store, 2h) == 0h);
  CHECK(cause_of(store) == PassCause::pressure);
  fail(store, 3h, 0);
  CHECK(wait_of(store, 3h) == 1h);
  // Around the threshold nothing changes.
  CHECK(store.free_space(3h, 1050) == SpaceNews::none);
  CHECK(store.free_space(3h, 999) == SpaceNews::none);
  CHECK(store.compressed_for_space());
  CHECK(store.free_space(4h, 1100) == SpaceNews::enough_again);
  CHECK(wait_of(store, 3h) >= 24h);
}

TEST_CASE("little space does not hurry a store that refuses passes") {
  StoreSchedule store = rested({true, 24h, 0ms, 1h, 1000}, 0h);
  fail(store, 24h, k_busy);
  (void)store.free_space(24h, 10);
  CHECK(wait_of(store, 24h) == 5min);
}

TEST_CASE("a threshold that is taken away ends the hurry") {
  StoreSchedule store = rested({true, 24h, 0ms, 1h, 1000}, 0h);
  (void)store.free_space(1h, 10);
  store.set_rules(k_exactly_daily);
  CHECK_FALSE(store.compressed_for_space());
  CHECK(wait_of(store, 0h) == 24h);
}

TEST_CASE("paused, nothing is due; afterwards what is due by then") {
  StoreSchedule store = rested(k_exactly_daily, 0h);
  store.set_paused(1h, true);
  CHECK_FALSE(store.due().has_value());
  store.set_paused(2h, false);
  CHECK(wait_of(store, 2h) == 22h);
}

TEST_CASE("a pass that a pause has cut off goes on when the pause ends") {
  StoreSchedule store = rested(k_exactly_daily, 0h);
  store.pass_began();
  store.set_paused(24h, true);
  store.pass_ended(24h, 143);
  store.set_paused(30h, false);
  CHECK(wait_of(store, 30h) == 0h);
}

TEST_CASE("a pass that a pause has cut off goes on, however soon the pause ends") {
  StoreSchedule store = rested(k_exactly_daily, 0h);
  store.pass_began();
  store.set_paused(24h, true);
  store.set_paused(24h, false);
  CHECK_FALSE(store.due().has_value());
  store.pass_ended(25h, 143);
  CHECK(wait_of(store, 25h) == 0h);
  store.pass_began();
  store.pass_ended(25h, 143); // by somebody else
  CHECK(wait_of(store, 25h) == 10min);
}

TEST_CASE("who asks comes first, then who has waited longest, one at a time") {
  StoreSchedule a = rested(k_exactly_daily, 0h);
  StoreSchedule b = rested(k_exactly_daily, 1h);
  StoreSchedule c = rested(k_exactly_daily, 20h);
  const std::vector<const StoreSchedule*> all{&a, &b, &c};
  CHECK_FALSE(whose_turn(all, 23h).has_value());
  CHECK(whose_turn(all, 30h) == 0U);
  c.ask(30h);
  CHECK(whose_turn(all, 30h) == 2U);
  c.pass_began();
  CHECK_FALSE(whose_turn(all, 30h).has_value());
  CHECK(sleep_length(all, 30h) == k_longest_sleep);
  c.pass_ended(31h, 0);
  CHECK(whose_turn(all, 31h) == 0U);
  fail(a, 31h, 0);
  CHECK(whose_turn(all, 31h) == 1U);
}

TEST_CASE("it sleeps until something is due, and never longer than a suspend may hide") {
  StoreSchedule a = rested(k_exactly_daily, 0h);
  CHECK(sleep_length({&a}, 1h) == k_longest_sleep);
  CHECK(sleep_length({&a}, 24h - 1min) == 1min);
  CHECK(sleep_length({&a}, 24h - 1ns) == 1ms);
  CHECK(sleep_length({&a}, 30h) == 0ms);
}

namespace {

// Runs two stores for a month: sleeps as it is told, and lets the world happen.
struct Month {
  BootTime now = 0h;
  StoreSchedule first{{true, 24h, 30min, 1h, 1000}, 1};
  StoreSchedule second{{true, 6h, 30min, 1h, std::nullopt}, 2};
  std::vector<const StoreSchedule*> all{&first, &second};
  std::map<PassCause, int> causes; // of the first one's passes
  std::vector<BootTime> begun;     // the first one's
  int passes_of_second = 0;
  int wakes = 0;

  int day() const { return static_cast<int>(now / 24h); }

  int exit_of(std::size_t which) const {
    if (which == 1) {
      return 0;
    }
    return day() == 10 ? k_busy : day() == 11 ? 1 : 0;
  }

  void world() {
    first.set_paused(now, day() >= 15 && day() < 17);
    (void)first.free_space(now, day() == 20 ? 500 : 5000);
  }

  void run() {
    first.start(now, std::nullopt, 0);
    second.start(now, std::nullopt, 0);
    bool archived = false;
    while (now < 30 * 24h) {
      ++wakes;
      world();
      if (!archived && now > 5 * 24h + 12h) {
        archived = true;
        first.archived(now);
      }
      if (const auto turn = whose_turn(all, now)) {
        StoreSchedule& store = *turn == 0 ? first : second;
        if (*turn == 0) {
          causes[store.due()->cause] += 1;
          begun.push_back(now);
        } else {
          ++passes_of_second;
        }
        store.pass_began();
        CHECK_FALSE(whose_turn(all, now).has_value());
        now += 3min;
        store.pass_ended(now, exit_of(*turn));
        continue;
      }
      now += sleep_length(all, now);
      // Day 25: the machine sleeps for a day and a half.
      now += day() == 25 ? 36h : 0h;
    }
  }
};

} // namespace

TEST_CASE("a month goes by: busy days, failures, a pause, a full disk, a suspend") {
  Month month;
  month.run();
  CHECK(month.causes[PassCause::first] == 1);
  CHECK(month.causes[PassCause::archived] == 1);
  // What is left of a busy day, hourly; a failing one, every 6 h in the end.
  CHECK(month.causes[PassCause::retry] >= 15);
  CHECK(month.causes[PassCause::retry] <= 24 + 4 + 5 + 5);
  CHECK(month.causes[PassCause::pressure] >= 22);
  CHECK(month.causes[PassCause::pressure] <= 25);
  // 30 days less the two of the pause, those that came another way, and the suspend.
  CHECK(month.causes[PassCause::schedule] >= 18);
  CHECK(month.causes[PassCause::schedule] <= 25);
  for (const BootTime at : month.begun) {
    CHECK((at < 15 * 24h || at >= 17 * 24h));
  }
  CHECK(month.passes_of_second >= 110);
  CHECK(month.passes_of_second <= 120);
  // A wake-up every five minutes, and those for the passes.
  CHECK(month.wakes < 30 * 24 * 12 + 2 * 300);
}
