#pragma once

#include "tests/explorer/judge.hpp"

#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

namespace coldpress {

// What all runs of one exploration have seen.
struct Seen {
  // State -> with how many interruptions left it was looked into.
  std::unordered_map<std::uint64_t, int> states;
  std::unordered_set<std::uint64_t> ends;
  std::unordered_set<std::uint64_t> cuts;
};

// The choices of a run: which of how many was taken at each point.
struct Point {
  std::size_t taken = 0;
  std::size_t options = 0;
};

struct RunRules {
  // How often others may come between two calls of a worker's phase; between its phases
  // they always may. -1: as often as they like.
  int interruptions = -1;
  bool log = false;
};

// Hands the turn from one thread to another; only one of them runs.
class Baton {
public:
  void pass_to(int who) {
    const std::lock_guard hold(mutex_);
    holder_ = who;
    changed_.notify_all();
  }
  void wait_for(int me) {
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [&] { return holder_ == me; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int holder_ = -1;
};

// One execution of a case, from the start to the end or to a state that is known. The
// first choices are given; after them always the first option is taken.
class Run final : public Turns {
public:
  Run(const Case& spec,
      const Layer& layer,
      const World& start,
      Seen& seen,
      std::vector<Point> given,
      RunRules rules);

  void go();

  const std::vector<Point>& points() const { return points_; }
  // Empty: nothing was wrong.
  const Fault& fault() const { return fault_; }
  const std::vector<std::string>& lines() const { return lines_; }
  std::string store() const;

private:
  struct Option {
    enum class Kind : std::uint8_t { worker, kill, actor } kind = Kind::worker;
    int who = 0;
    Move action = Move::go_on;
  };

  // The call that a worker waits to make.
  struct Next {
    bool changes = false;  // it is more than a look
    bool concerns = false; // others could tell when it is made
  };

  // Turns
  void before_call(int worker, Touches touches, bool changes) override;
  Move next_phase(int worker) override;
  bool over() const override { return over_; }
  bool grace_over(std::uint64_t inode) const override;
  bool settled() const override;
  void log(int worker, const std::string& line) override;
  bool logs() const override { return rules_.log; }

  Move take_turn(int me);
  std::vector<Option> options() const;
  void add_worker(int who, std::vector<Option>& all) const;
  std::size_t choose(std::size_t options);
  bool enter_state();
  std::uint64_t key() const;
  void pay(const Option& option);
  void step(int who);
  bool in_a_phase() const;
  bool concerns_others(int worker, Touches touches) const;
  bool others_may_go() const;
  void end();
  void work_in_threads();

  const Case& spec_;
  const Layer& layer_;
  Seen& seen_;
  std::vector<Point> given_;
  RunRules rules_;
  World world_;
  std::vector<ActorPtr> actors_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Move> granted_;
  std::vector<Next> next_; // of each worker
  Baton baton_;
  std::vector<Point> points_;
  std::vector<std::string> lines_;
  Fault fault_;
  int current_ = -1;         // the worker whose call was the last step
  bool interrupted_ = false; // others have come since
  int left_ = 0;             // interruptions
  int kills_left_ = 0;
  bool over_ = false;
};

} // namespace coldpress
