#include "tests/history/agreement.hpp"
#include "tests/history/generate.hpp"
#include "tests/history/read_history.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <set>

using namespace coldpress;
using namespace coldpress::history;

namespace {

constexpr std::uint64_t k_seeds = 400;
constexpr Generation k_generations[] = {
    Generation::error_lines, Generation::errors_in_end, Generation::paginated};

enum class Observer : std::uint8_t { items, turns, lifecycle };
// Whether an observer does not see a step: an arm of it that is missing.
using Missing = std::function<bool(Observer, const Step&)>;

Rows observe(const std::vector<std::string>& lines, const Missing& missing) {
  LineParser parser;
  Reducer reducer(ErrorLines::counted);
  ItemObserver items;
  TurnObserver turns;
  LifecycleObserver lifecycle;
  Rows rows;
  Place at;
  for (const std::string& line : lines) {
    at.end = at.offset + line.size() + 1;
    for (const Step& step : reducer.take(parser.parse(line, at))) {
      if (!missing(Observer::items, step)) {
        items.see(step);
      }
      if (!missing(Observer::turns, step)) {
        turns.see(step);
      }
      if (!missing(Observer::lifecycle, step)) {
        lifecycle.see(step);
      }
    }
    at.offset = at.end;
    at.line += 1;
  }
  rows.apply(Changes{items.take(), turns.take(), lifecycle.take()});
  return rows;
}

bool some_history_disagrees(const Missing& missing) {
  for (std::uint64_t seed = 0; seed < k_seeds; ++seed) {
    for (const Generation generation : k_generations) {
      if (!disagreements(observe(generate(generation, seed), missing)).empty()) {
        return true;
      }
    }
  }
  return false;
}

struct Arm {
  const char* name;
  bool (*is)(const Step&);
};
constexpr Arm k_arms[] = {
    {"a start",
     [](const Step& step) { return step.kind == Step::Kind::opened && !step.implicit; }},
    {"a completion",
     [](const Step& step) {
       return step.cause == Event::task_complete && step.status == Status::completed &&
              step.kind == Step::Kind::ended;
     }},
    {"a failure inside task_complete",
     [](const Step& step) {
       return step.cause == Event::task_complete && step.error.has_value();
     }},
    {"an abort", [](const Step& step) { return step.cause == Event::turn_aborted; }},
    {"an error line of a known kind",
     [](const Step& step) {
       return step.cause == Event::error && step.error->kind == "usageLimitExceeded";
     }},
    {"an error line of an unknown kind",
     [](const Step& step) {
       return step.cause == Event::error && step.error->kind == "other";
     }},
    {"an error line without a kind",
     [](const Step& step) {
       return step.cause == Event::error && step.error->kind.empty();
     }},
    {"a rollback",
     [](const Step& step) { return step.cause == Event::thread_rolled_back; }},
};

} // namespace

TEST_CASE("the three observers agree about every turn of random histories") {
  std::set<Event> causes;
  for (std::uint64_t seed = 0; seed < k_seeds; ++seed) {
    for (const Generation generation : k_generations) {
      const Rows rows =
          observe(generate(generation, seed), [&](Observer, const Step& step) {
            causes.insert(step.cause);
            return false;
          });
      const auto found = disagreements(rows);
      CAPTURE(seed);
      REQUIRE_MESSAGE(found.empty(), found.front());
    }
  }
  // Else this would be true of nothing.
  for (const Event ending : {Event::task_complete,
                             Event::turn_aborted,
                             Event::error,
                             Event::thread_rolled_back}) {
    CHECK(causes.count(ending) == 1);
  }
}

TEST_CASE("an observer without its arm for any event that ends a turn is found out") {
  for (const Observer blind : {Observer::items, Observer::turns, Observer::lifecycle}) {
    for (const Arm& arm : k_arms) {
      CAPTURE(arm.name);
      CAPTURE(static_cast<int>(blind));
      CHECK(some_history_disagrees([&](Observer observer, const Step& step) {
        return observer == blind && arm.is(step);
      }));
    }
  }
}

TEST_CASE(
    "a history restored from a checkpoint at any line goes on as if never stopped") {
  for (std::uint64_t seed = 0; seed < k_seeds; ++seed) {
    for (const Generation generation : k_generations) {
      CAPTURE(seed);
      History whole(ErrorLines::counted);
      History parts(ErrorLines::counted);
      Rows of_parts;
      for (const std::string& line : generate(generation, seed)) {
        whole.feed(line);
        parts.feed(line);
        of_parts.apply(parts.take_changes());
        const std::string checkpoint = parts.checkpoint();
        REQUIRE(checkpoint == whole.checkpoint());
        auto restored = History::restore(checkpoint);
        REQUIRE(restored);
        parts = std::move(*restored);
      }
      Rows of_whole;
      of_whole.apply(whole.take_changes());
      REQUIRE(of_whole == of_parts);
      REQUIRE(whole.thread() == parts.thread());
      REQUIRE(whole.counts() == parts.counts());
    }
  }
}

TEST_CASE("a damaged checkpoint is refused or read, and never more than its bytes") {
  History history(ErrorLines::counted);
  for (const std::string& line : generate(Generation::error_lines, 7)) {
    history.feed(line);
  }
  const std::string good = history.checkpoint();
  CHECK(!History::restore(""));
  CHECK(!History::restore("x" + good));
  CHECK(!History::restore(good + "x"));
  for (std::size_t length = 0; length < good.size(); ++length) {
    CHECK(!History::restore(std::string_view(good).substr(0, length)));
  }
  for (std::size_t at = 20; at < good.size(); ++at) {
    for (const char byte : {'\0', '\x7f', '\xff'}) {
      std::string bad = good;
      bad[at] = byte;
      if (auto restored = History::restore(bad)) {
        for (const std::string& line : generate(Generation::error_lines, 8)) {
          restored->feed(line);
        }
      }
    }
  }
}
