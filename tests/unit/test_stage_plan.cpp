#include "fsutil/text.hpp"
#include "tests/support/store_rig.hpp"
#include "worker/stage/plan.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const WallTime k_now{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2}};
constexpr std::uint32_t k_uid = 1000;
constexpr std::uint64_t k_mib = 1 << 20;

Candidate cold(int number = 1) {
  Candidate candidate;
  candidate.rollout = "archived_sessions/" + test_rollout_name(number);
  candidate.path = "/home/me/.codex/" + candidate.rollout;
  candidate.stamp.inode = 10;
  candidate.stamp.size = 100000;
  candidate.stamp.mtime = k_now - 30 * 24h;
  candidate.stamp.ctime = k_now - 30 * 24h;
  candidate.stamp.mode = 0600;
  candidate.stamp.uid = k_uid;
  candidate.stamp.links = 1;
  candidate.allocated = 102400;
  candidate.thread_id = test_thread_id(number);
  candidate.cwd = "/home/me/project";
  return candidate;
}

PlanRules rules() {
  PlanRules made;
  made.uid = k_uid;
  made.now = k_now;
  return made;
}

Plan plan_of(std::vector<Candidate> candidates,
             const PlanRules& with = rules(),
             const Memory& memory = {},
             std::vector<VersionSeen> versions = {}) {
  return make_plan(std::move(candidates), versions, with, memory);
}

Reason reason_of(const Candidate& candidate,
                 const PlanRules& with = rules(),
                 const Memory& memory = {},
                 std::vector<VersionSeen> versions = {}) {
  const Plan plan = plan_of({candidate}, with, memory, std::move(versions));
  REQUIRE(plan.decisions.size() == 1);
  const Decision& decision = plan.decisions.front();
  CHECK((decision.action == Action::compress) == (decision.reason == Reason::cold));
  return decision.reason;
}

VersionSeen seen(Version version) {
  return {version, "archived_sessions/x.jsonl", k_now - 24h};
}

} // namespace

TEST_CASE("a plan gives each candidate its one reason") {
  struct Row {
    Reason reason;
    std::function<void(Candidate&)> make;
  };
  const std::vector<Row> rows{
      {Reason::cold, [](Candidate&) {}},
      {Reason::cold, [](Candidate& c) { c.stamp.mtime = k_now - 7 * 24h; }},
      {Reason::too_young, [](Candidate& c) { c.stamp.mtime = k_now - 7 * 24h + 1ns; }},
      {Reason::unsettled, [](Candidate& c) { c.stamp.ctime = k_now - 1h + 1ns; }},
      {Reason::cold, [](Candidate& c) { c.stamp.ctime = k_now - 1h; }},
      {Reason::unsettled, [](Candidate& c) { c.stamp.ctime = k_now + 1h; }},
      {Reason::time_out_of_range, [](Candidate& c) { c.stamp.mtime = k_too_early; }},
      {Reason::time_out_of_range, [](Candidate& c) { c.stamp.ctime = k_too_early; }},
      {Reason::future_mtime, [](Candidate& c) { c.stamp.mtime = k_too_late; }},
      {Reason::not_writable,
       [](Candidate& c) {
         c.unreadable = true;
         c.why_unreadable = Reason::not_writable;
       }},
      {Reason::future_mtime, [](Candidate& c) { c.stamp.mtime = k_now + 1ns; }},
      {Reason::empty, [](Candidate& c) { c.stamp.size = 0; }},
      {Reason::too_small, [](Candidate& c) { c.allocated = 4096; }},
      {Reason::not_regular, [](Candidate& c) { c.type = FileType::other; }},
      {Reason::symlink, [](Candidate& c) { c.type = FileType::symlink; }},
      {Reason::hard_linked, [](Candidate& c) { c.stamp.links = 2; }},
      {Reason::not_owner, [](Candidate& c) { c.stamp.uid = 0; }},
      {Reason::no_session_meta, [](Candidate& c) { c.thread_id.clear(); }},
      {Reason::bad_name, [](Candidate& c) { c.valid_name = false; }},
      {Reason::both_forms, [](Candidate& c) { c.compressed_sibling = true; }},
      {Reason::in_both_trees, [](Candidate& c) { c.twin = true; }},
      {Reason::unreadable, [](Candidate& c) { c.unreadable = true; }},
  };
  for (const Row& row : rows) {
    CAPTURE(name_of(row.reason));
    Candidate candidate = cold();
    row.make(candidate);
    CHECK(name_of(reason_of(candidate)) == name_of(row.reason));
  }
}

TEST_CASE("a file that even lstat cannot see is unreadable, not somebody else's") {
  Candidate candidate = cold();
  candidate.stamp = {};
  candidate.unreadable = true;
  CHECK(reason_of(candidate) == Reason::unreadable);
}

TEST_CASE("a plan excludes by directory and what is below it, and by thread id") {
  PlanRules with = rules();
  with.scan.exclude = {"/home/me/project"};
  Candidate candidate = cold();
  CHECK(reason_of(candidate, with) == Reason::excluded);
  candidate.cwd = "/home/me/project/sub";
  CHECK(reason_of(candidate, with) == Reason::excluded);
  candidate.cwd = "/home/me/projects";
  CHECK(reason_of(candidate, with) == Reason::cold);
  candidate.cwd = "/home/me";
  CHECK(reason_of(candidate, with) == Reason::cold);
  with.scan.exclude = {test_thread_id(1)};
  CHECK(reason_of(candidate, with) == Reason::excluded);
  CHECK(reason_of(cold(2), with) == Reason::cold);
  with.scan.exclude = {"/"};
  CHECK(reason_of(candidate, with) == Reason::excluded);
}

TEST_CASE("a plan remembers no gain only for as long as the file is the same") {
  Candidate candidate = cold();
  Memory memory;
  memory[candidate.rollout] = {candidate.stamp, true, std::nullopt, std::nullopt};
  CHECK(reason_of(candidate, rules(), memory) == Reason::no_gain);
  candidate.stamp.size += 1;
  CHECK(reason_of(candidate, rules(), memory) == Reason::cold);
}

TEST_CASE("a plan holds a rollout until its time has come") {
  const Candidate candidate = cold();
  Memory memory;
  Remembered& past = memory[candidate.rollout];
  past.hold_until = k_now + 1ns;
  CHECK(reason_of(candidate, rules(), memory) == Reason::held);
  past.hold_until = k_now;
  CHECK(reason_of(candidate, rules(), memory) == Reason::cold);
  past.retry_at = k_now + 1ns;
  CHECK(reason_of(candidate, rules(), memory) == Reason::held);
  past.retry_at = k_now;
  CHECK(reason_of(candidate, rules(), memory) == Reason::cold);
}

TEST_CASE("a plan refuses the store when a Codex that cannot read .zst was seen") {
  const auto versions = std::vector{seen({0, 169, 0}), seen({0, 136, 9})};
  const Plan plan = plan_of({cold()}, rules(), {}, versions);
  REQUIRE(plan.refused);
  CHECK(plan.refused->seen.version == Version{0, 136, 9});
  CHECK(reason_of(cold(), rules(), {}, versions) == Reason::reader_too_old);
  CHECK_FALSE(plan_of({cold()}, rules(), {}, {seen({0, 137, 0})}).refused);

  PlanRules lenient = rules();
  lenient.compat.min_reader = {0, 130, 0};
  CHECK(reason_of(cold(), lenient, {}, versions) == Reason::cold);
}

TEST_CASE("a refusal names what counts longest, and the safe way on") {
  VersionSeen older = seen({0, 120, 0});
  older.when = k_now - 20 * 24h;
  VersionSeen later = seen({0, 135, 0});
  later.by = VersionSeen::By::turn;
  later.before = {0, 136, 0};
  const Plan plan = plan_of({cold()}, rules(), {}, {older, later});
  REQUIRE(plan.refused);
  CHECK(to_string(plan.refused->seen) == "0.135 or another before 0.136");
  CHECK(counts_until(plan.refused->seen) == later.when + 30 * 24h);
  const std::string advice = way_on(*plan.refused);
  CHECK(advice.find(format_time(later.when + 30 * 24h)) != advice.npos);
  CHECK(advice.find("compat.gone = [\"0.135 until ") != advice.npos);
  CHECK(advice.find("min_reader") == advice.npos);
}

TEST_CASE("a release that is gone does not count until the day that was set") {
  const auto today = std::chrono::floor<std::chrono::days>(k_now);
  const Version old{0, 135, 2};
  PlanRules with = rules();
  const auto refused = [&](GoneReader gone) {
    with.compat.gone = {gone};
    return plan_of({cold()}, with, {}, {seen(old)}).refused.has_value();
  };
  CHECK(refused({{0, 134, 0}, true, today + std::chrono::days(9)}));
  CHECK(refused({{0, 135, 0}, false, today + std::chrono::days(9)}));
  CHECK_FALSE(refused({{0, 135, 0}, true, today + std::chrono::days(9)}));
  CHECK_FALSE(refused({old, false, today + std::chrono::days(1)}));
  CHECK(refused({old, false, today}));
  // Another old one is not covered by it.
  with.compat.gone = {{old, false, today + std::chrono::days(9)}};
  CHECK(plan_of({cold()}, with, {}, {seen(old), seen({0, 136, 0})}).refused);
}

TEST_CASE("a plan leaves shared history plain while a Codex before 0.154 is about") {
  Candidate fork = cold();
  fork.shares_history = true;
  PlanRules with = rules();
  CHECK(reason_of(fork, with) == Reason::cold);
  CHECK(reason_of(fork, with, {}, {seen({0, 154, 0})}) == Reason::cold);
  CHECK(reason_of(fork, with, {}, {seen({0, 153, 9})}) == Reason::shared_history);
  CHECK(reason_of(cold(), with, {}, {seen({0, 153, 0})}) == Reason::cold);
  with.compat.shared_history = SharedHistory::compress;
  CHECK(reason_of(fork, with, {}, {seen({0, 153, 0})}) == Reason::cold);
  with.compat.shared_history = SharedHistory::skip;
  CHECK(reason_of(fork, with) == Reason::shared_history);
}

TEST_CASE("a plan puts the largest first, and the tree not asked for apart") {
  Candidate small = cold(1);
  Candidate large = cold(2);
  Candidate active = cold(3);
  small.stamp.size = 10;
  active.root = Root::active;
  const Plan plan = plan_of({small, large, active});
  REQUIRE(plan.decisions.size() == 2);
  CHECK(plan.decisions[0].candidate.rollout == large.rollout);
  CHECK(plan.decisions[1].candidate.rollout == small.rollout);
  REQUIRE(plan.beyond_roots.size() == 1);
  CHECK(plan.beyond_roots[0].candidate.rollout == active.rollout);
  CHECK(plan.beyond_roots[0].action == Action::compress);
}

TEST_CASE("a plan puts first what frees the most, by what was freed before") {
  Candidate images = cold(1);
  images.stamp.size = 100 * k_mib;
  Candidate words = cold(2);
  words.stamp.size = 50 * k_mib;
  const auto first = [&](const Achieved& achieved) {
    const Plan plan = make_plan({words, images}, {}, rules(), {}, achieved);
    return plan.decisions.at(0).candidate.rollout;
  };
  Achieved achieved;
  CHECK(first(achieved) == images.rollout);
  achieved.by_class.at(size_class(images.stamp.size)) = {10'000 * k_mib, 9'000 * k_mib};
  achieved.by_class.at(size_class(words.stamp.size)) = {10'000 * k_mib, 1'000 * k_mib};
  CHECK(first(achieved) == words.rollout);
}

TEST_CASE("a plan puts equals in the order of their names") {
  const Plan plan = plan_of({cold(3), cold(1), cold(2)});
  CHECK(plan.decisions.at(0).candidate.rollout == cold(1).rollout);
  CHECK(plan.decisions.at(1).candidate.rollout == cold(2).rollout);
  CHECK(plan.decisions.at(2).candidate.rollout == cold(3).rollout);
}

TEST_CASE("a predicted gain goes by the size class, and by all where that has few") {
  CHECK(GainModel(Achieved{}).predict(0) == 0);
  CHECK(GainModel(Achieved{}).predict(1000) == 800);
  Achieved achieved;
  achieved.by_class.at(size_class(k_mib)) = {1000 * k_mib, 100 * k_mib};
  const GainModel model(achieved);
  CHECK(model.predict(k_mib) == doctest::Approx(0.9 * k_mib).epsilon(0.001));
  CHECK(model.predict(k_mib / 64) == doctest::Approx(0.9 * k_mib / 64).epsilon(0.001));

  // One small file that grew says little against all the others, many say all.
  achieved.by_class.at(size_class(1000)) = {1000, 3000};
  CHECK(GainModel(achieved).predict(1000) == doctest::Approx(584).epsilon(0.02));
  achieved.by_class.at(size_class(1000)) = {1'000'000, 3'000'000};
  CHECK(GainModel(achieved).predict(1000) == 0);
}

TEST_CASE("weak frames come after the plain rollouts, the largest first") {
  const auto weak = [](int number, std::uint64_t size) {
    Candidate candidate = cold(number);
    candidate.form = Form::compressed;
    candidate.path += ".zst";
    candidate.stamp.size = size;
    candidate.allocated = 4096; // a checksum is gain enough
    return candidate;
  };
  const Plan plan =
      plan_of({weak(1, 500), weak(2, 100 * k_mib), cold(3), weak(4, 2 * k_mib)});
  std::vector<std::string> order;
  for (const Decision& decision : plan.decisions) {
    order.push_back(decision.candidate.thread_id);
    CHECK(decision.action == Action::compress);
    CHECK(decision.reason == (order.size() == 1 ? Reason::cold : Reason::weak_frame));
  }
  CHECK(order ==
        std::vector<std::string>{
            test_thread_id(3), test_thread_id(2), test_thread_id(4), test_thread_id(1)});
}

TEST_CASE("a weak frame is left for every reason that a plain rollout is") {
  Candidate weak = cold();
  weak.form = Form::compressed;
  struct Row {
    Reason reason;
    std::function<void(Candidate&)> make;
  };
  for (const Row& row : std::vector<Row>{
           {Reason::too_young, [](Candidate& c) { c.stamp.mtime = k_now - 24h; }},
           {Reason::unsettled, [](Candidate& c) { c.stamp.ctime = k_now - 1min; }},
           {Reason::hard_linked, [](Candidate& c) { c.stamp.links = 2; }},
           {Reason::not_owner, [](Candidate& c) { c.stamp.uid = 0; }},
           {Reason::unreadable, [](Candidate& c) { c.unreadable = true; }},
           {Reason::no_session_meta, [](Candidate& c) { c.thread_id.clear(); }}}) {
    Candidate candidate = weak;
    row.make(candidate);
    const Plan plan = plan_of({candidate});
    REQUIRE(plan.decisions.size() == 1);
    CHECK(plan.decisions[0].action == Action::skip);
    CHECK(name_of(plan.decisions[0].reason) == name_of(row.reason));
  }
  Memory memory;
  memory[weak.rollout] = {weak.stamp, true, {}, {}};
  const Plan plan = plan_of({weak}, rules(), memory);
  CHECK(plan.decisions.at(0).reason == Reason::no_gain);
}

TEST_CASE("a plan puts what failed, or was under way when a run was killed, last") {
  Candidate large = cold(1);
  large.stamp.size = 10 * k_mib;
  Memory memory;
  memory[large.rollout].retry_at = k_now; // due, so it is not held
  const Plan plan = plan_of({large, cold(2), cold(3)}, rules(), memory);
  REQUIRE(plan.decisions.size() == 3);
  CHECK(plan.decisions.at(2).candidate.rollout == large.rollout);
  CHECK(plan.decisions.at(2).reason == Reason::cold);
}

TEST_CASE("a rollout that is nearly all a hole is left, a dense one of any length not") {
  Candidate candidate = cold();
  candidate.stamp.size = std::uint64_t{64} << 40U;
  candidate.allocated = 20 * k_mib;
  CHECK(reason_of(candidate) == Reason::sparse);
  candidate.allocated = candidate.stamp.size / 20; // a file system that compresses
  CHECK(reason_of(candidate) == Reason::cold);
  candidate.stamp.size = 16 * k_mib; // little work, whatever it takes of the disk
  candidate.allocated = 8192;
  CHECK(reason_of(candidate) == Reason::cold);
  candidate.stamp.size = 32 * k_mib;
  CHECK(reason_of(candidate) == Reason::sparse);
  candidate.stamp.mtime = k_now; // what it will be one day is not the reason yet
  CHECK(reason_of(candidate) == Reason::too_young);
}

TEST_CASE("a frame that was ours says so, and is recompressed") {
  Candidate weak = cold();
  weak.form = Form::compressed;
  weak.ours = true;
  const Plan plan = plan_of({weak});
  REQUIRE(plan.decisions.size() == 1);
  CHECK(plan.decisions[0].reason == Reason::lost_checksum);
  CHECK(plan.decisions[0].action == Action::compress);
  weak.stamp.mtime = k_now;
  CHECK(plan_of({weak}).decisions[0].reason == Reason::too_young);
}
