#include "tests/race/race_row.hpp"

#include "tests/race/worker.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

namespace coldpress::race {

namespace {

struct Sizes {
  std::uint64_t lines;
  std::uint64_t compresses; // met by that many compresses and arrivals at least
  Seconds at_least;
  Seconds at_most;
};

Sizes sizes() {
  return full_size() ? Sizes{1'000'000, 5000, Seconds{60}, Seconds{1800}}
                     : Sizes{20'000, 100, Seconds{8}, Seconds{60}};
}

class Row {
public:
  Row(const RowSpec& spec, const std::string& program)
      : spec_(spec), shared_(record_.shared()), tally_(new_tally()),
        program_(program, home_, spec.settle) {}

  int run() {
    for (std::uint32_t slot = 0; slot < spec_.slots; ++slot) {
      const std::uint32_t rollout = shared_.next_rollout.fetch_add(1);
      home_.make(rollout);
      shared_.slots[slot] = rollout;
    }
    race();
    settle();
    check();
    return report();
  }

private:
  void race() {
    std::vector<pid_t> writers;
    for (std::uint32_t me = 0; me < spec_.writers.size(); ++me) {
      writers.push_back(in_child([this, me] {
        spec_.writers[me](home_, record_, me, std::max(1U, spec_.slots))->work();
      }));
    }
    // Descriptors opened long before are open before the worker starts.
    (void)wait_until([this] { return shared_.acknowledged > 100; },
                     std::chrono::seconds{10});
    const pid_t worker = in_child([this] {
      spec_.against == Against::program ? program_.loop(tally_)
                                        : naive_loop(home_, tally_);
    });
    const std::uint64_t begun = now_ns();
    const auto enough = [&] {
      const Seconds took{static_cast<double>(now_ns() - begun) * 1e-9};
      const Sizes wanted = sizes();
      return took > wanted.at_most || tally_.bad_exits > 10 ||
             (took > wanted.at_least && shared_.acknowledged > wanted.lines &&
              tally_.compressed + tally_.writer_arrived > wanted.compresses);
    };
    while (!enough()) {
      nap(std::chrono::milliseconds{20});
    }
    shared_.stop = true;
    for (const pid_t writer : writers) {
      violations_ += finished(writer, std::chrono::seconds{60}) ? 0 : 1;
    }
    tally_.stop = true;
    violations_ += finished(worker, std::chrono::minutes{5}) ? 0 : 1;
  }

  // One more pass, with its reaps, once all of it has settled.
  void settle() {
    if (spec_.against == Against::naive) {
      return;
    }
    if (spec_.settle != "0s") {
      nap(std::chrono::seconds{3});
    }
    program_.run(tally_);
  }

  void check() {
    Checker checker(record_);
    for (std::uint32_t rollout = 0; rollout < shared_.next_rollout; ++rollout) {
      check_rollout(checker, rollout);
    }
    checker.count_lost();
    found_ = checker.findings();
    for (const std::string& name : home_.litter()) {
      fmt::print(stderr, "left behind: {}\n", name);
      litter_ += 1;
    }
    for (const std::string& name : home_.pairs()) {
      fmt::print(stderr, "more than one form: {}\n", name);
      pairs_ += 1;
    }
  }

  void check_rollout(Checker& checker, std::uint32_t rollout) {
    const RolloutState state = shared_.rollouts[rollout];
    if (state == RolloutState::deleted_with_locks ||
        state == RolloutState::deleted_without) {
      checker.excuse(rollout);
      deleted_ += 1;
      if (home_.read(rollout)) {
        (state == RolloutState::deleted_with_locks ? violations_ : came_back_) += 1;
        fmt::print(stderr, "deleted, and there again: {}\n", home_.plain(rollout));
      }
      return;
    }
    if (spec_.slots == 0 && state == RolloutState::plain_in_archive &&
        !home_.stands(rollout, Root::archived)) {
      fmt::print(stderr, "not where it was moved to: {}\n", home_.plain(rollout));
      violations_ += 1;
    }
    const auto text = home_.read(rollout);
    if (text) {
      checker.look(rollout, *text);
    } else {
      fmt::print(stderr, "cannot be read: {}\n", home_.plain(rollout));
      violations_ += 1;
    }
  }

  std::uint64_t count_violations() const {
    const std::uint64_t conflicts =
        spec_.conflicts_allowed ? 0 : tally_.conflict.load() + pairs_;
    const std::uint64_t orphans = deleted_ > 0 ? 0 : tally_.orphaned.load();
    return violations_ + found_.all() + litter_ + conflicts + orphans + tally_.failed +
           tally_.bad_exits + shared_.faults;
  }

  int report() {
    const bool naive = spec_.against == Against::naive;
    const std::uint64_t violations = count_violations();
    const bool enough = shared_.acknowledged >= sizes().lines && tally_.compressed > 0;
    fmt::print("ROW race-{} tried={} violations={} lost={} twice={} reordered={} "
               "compressed={} writer_arrived={} reaped={} recovered={} conflicts={} "
               "orphaned={} failed={} rude={} names_gone={} materialized={} deleted={} "
               "came_back={} passes={}{}\n",
               spec_.name,
               shared_.acknowledged.load(),
               naive ? 0 : violations,
               found_.lost,
               found_.twice,
               found_.reordered,
               tally_.compressed.load(),
               tally_.writer_arrived.load(),
               tally_.reaped.load(),
               tally_.recovered.load(),
               tally_.conflict.load(),
               tally_.orphaned.load(),
               tally_.failed.load(),
               shared_.rude.load(),
               shared_.collisions.load(),
               shared_.materialized.load(),
               deleted_,
               came_back_,
               tally_.runs.load(),
               enough ? "" : " (too little happened)");
    if (naive) {
      return found_.lost > 0 ? 0 : 1; // the harness must see it
    }
    if (violations > 0) {
      home_.keep();
    }
    return violations == 0 && enough ? 0 : 1;
  }

  const RowSpec& spec_;
  Home home_;
  Record record_;
  Shared& shared_;
  Tally& tally_;
  Program program_;
  Findings found_;
  std::uint64_t violations_ = 0;
  std::uint64_t litter_ = 0;
  std::uint64_t pairs_ = 0;
  std::uint64_t deleted_ = 0;
  std::uint64_t came_back_ = 0;
};

} // namespace

int run_row(const RowSpec& spec, const std::string& program) {
  return Row(spec, program).run();
}

} // namespace coldpress::race
