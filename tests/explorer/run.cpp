#include "tests/explorer/run.hpp"

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace coldpress {

namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return (a ^ (b + 0x9e3779b97f4a7c15U + (a << 6U) + (a >> 2U))) * 0xff51afd7ed558ccdU;
}

} // namespace

Run::Run(const Case& spec,
         const Layer& layer,
         const World& start,
         Seen& seen,
         std::vector<Point> given,
         RunRules rules)
    : spec_(spec), layer_(layer), seen_(seen), given_(std::move(given)), rules_(rules),
      left_(rules.interruptions), kills_left_(spec.kills) {
  world_.disk = start.disk->clone(*world_.clock);
  world_.contents_last = spec.power;
  actors_ = spec.actors(world_);
  for (int i = 0; i < spec.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(i, world_, spec, *this, layer));
    granted_.push_back(Move::leave);
    next_.push_back({});
  }
}

void Run::go() {
  if (workers_.size() == 1) {
    workers_.front()->work();
    take_turn(-1);
  } else {
    work_in_threads();
  }
  if (!over_) {
    end();
  }
}

// Each on its own stack; only the holder of the baton runs.
void Run::work_in_threads() {
  const int nobody = static_cast<int>(workers_.size());
  const auto hand_on = [this, nobody] {
    // Whoever is left unwinds, one after the other.
    const auto waits = std::find_if(
        workers_.begin(), workers_.end(), [](const auto& w) { return !w->done(); });
    baton_.pass_to(waits == workers_.end() ? nobody
                                           : static_cast<int>(waits - workers_.begin()));
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < nobody; ++i) {
    threads.emplace_back([this, i, hand_on] {
      baton_.wait_for(i);
      workers_.at(static_cast<std::size_t>(i))->work();
      if (over_ || take_turn(-1) == Move::leave) {
        hand_on();
      }
    });
  }
  if (take_turn(-1) == Move::leave) {
    hand_on();
  }
  baton_.wait_for(nobody);
  for (std::thread& thread : threads) {
    thread.join();
  }
}

// --- whose turn it is

// A kill before a look comes to the same as one before the change that follows it.
void Run::before_call(int worker, Touches touches, bool changes) {
  const bool concerns = concerns_others(worker, touches);
  next_[static_cast<std::size_t>(worker)] = {changes, concerns};
  if (concerns || (changes && (kills_left_ > 0 || spec_.power))) {
    take_turn(worker);
  } else if (changes && points_.size() >= given_.size() && fault_.empty()) {
    fault_ = judge_moment(world_, spec_);
    over_ = over_ || !fault_.empty();
  }
}

bool Run::concerns_others(int worker, Touches touches) const {
  const bool other_host =
      std::any_of(workers_.begin(), workers_.end(), [&](const auto& other) {
        return other != workers_[static_cast<std::size_t>(worker)] && !other->done();
      });
  return touches != 0 &&
         (other_host ||
          std::any_of(actors_.begin(), actors_.end(), [touches](const ActorPtr& actor) {
            return !actor->done() && (actor->touches() & touches) != 0;
          }));
}

Move Run::next_phase(int worker) {
  return over_ ? Move::leave : take_turn(worker);
}

// Lets others go until it is `me`'s turn again; -1 has none of its own and gets go_on
// when the turn went to another thread, leave when nobody wants one any more.
Move Run::take_turn(int me) {
  while (!over_) {
    const std::vector<Option> all = options();
    if (all.empty()) {
      break;
    }
    const std::size_t taken = choose(all.size());
    if (over_) {
      break;
    }
    const Option& option = all[taken];
    pay(option);
    if (option.kind == Option::Kind::actor) {
      step(option.who);
      continue;
    }
    if (option.kind == Option::Kind::kill) {
      log(option.who, "is killed");
      workers_[static_cast<std::size_t>(option.who)]->kill();
      --kills_left_;
    }
    current_ = option.who;
    interrupted_ = false;
    world_.set_time(option.who, 0);
    granted_[static_cast<std::size_t>(option.who)] = option.action;
    if (option.who == me) {
      return option.action;
    }
    baton_.pass_to(option.who);
    if (me < 0) {
      return Move::go_on;
    }
    baton_.wait_for(me);
    return over_ ? Move::leave : granted_[static_cast<std::size_t>(me)];
  }
  return Move::leave;
}

void Run::add_worker(int who, std::vector<Option>& all) const {
  const Worker& worker = *workers_[static_cast<std::size_t>(who)];
  if (worker.done()) {
    return;
  }
  if (!worker.between_phases()) {
    all.push_back({Option::Kind::worker, who, Move::go_on});
    return;
  }
  for (const Move action : worker.may_begin()) {
    all.push_back({Option::Kind::worker, who, action});
  }
}

std::vector<Run::Option> Run::options() const {
  std::vector<Option> all;
  const int workers = static_cast<int>(workers_.size());
  if (current_ >= 0) {
    add_worker(current_, all);
  }
  for (int i = 0; i < workers; ++i) {
    if (i != current_ && others_may_go()) {
      add_worker(i, all);
    }
  }
  for (int i = 0; others_may_go() && i < static_cast<int>(actors_.size()); ++i) {
    const Actor& actor = *actors_[static_cast<std::size_t>(i)];
    if (!actor.done() && actor.enabled(world_)) {
      all.push_back({Option::Kind::actor, i, Move::go_on});
    }
  }
  for (int i = 0; kills_left_ > 0 && i < workers; ++i) {
    if (workers_[static_cast<std::size_t>(i)]->can_be_killed() &&
        next_[static_cast<std::size_t>(i)].changes) {
      all.push_back({Option::Kind::kill, i, Move::go_on});
    }
  }
  for (int i = 0; all.empty() && i < workers; ++i) {
    if (!workers_[static_cast<std::size_t>(i)]->done()) {
      all.push_back({Option::Kind::worker, i, Move::leave});
    }
  }
  return all;
}

bool Run::in_a_phase() const {
  return current_ >= 0 && !workers_[static_cast<std::size_t>(current_)]->between_phases();
}

bool Run::others_may_go() const {
  if (!in_a_phase()) {
    return true;
  }
  return next_[static_cast<std::size_t>(current_)].concerns &&
         (rules_.interruptions < 0 || left_ > 0 || interrupted_);
}

void Run::pay(const Option& option) {
  const bool other = option.kind == Option::Kind::actor ||
                     (option.kind == Option::Kind::worker && option.who != current_);
  if (other && in_a_phase() && !interrupted_) {
    interrupted_ = true;
    --left_;
  }
}

void Run::step(int who) {
  Actor& actor = *actors_[static_cast<std::size_t>(who)];
  world_.set_time(static_cast<int>(workers_.size()) + who, actor.steps());
  const std::string what = actor.go(world_);
  if (rules_.log) {
    lines_.push_back(actor.name() + " " + what);
  }
}

void Run::log(int worker, const std::string& line) {
  if (rules_.log) {
    lines_.push_back((worker == 0 ? "worker: " : "worker on another host: ") +
                     short_names(line));
  }
}

// --- what the worker's clock says

bool Run::settled() const {
  switch (spec_.settle) {
  case Settle::materialisation:
    return world_.materialising == 0;
  case Settle::link_to_unlink:
    return world_.linked == 0;
  case Settle::nothing:
    break;
  }
  return true;
}

bool Run::grace_over(std::uint64_t inode) const {
  return !spec_.grace ||
         std::none_of(actors_.begin(), actors_.end(), [inode](const ActorPtr& actor) {
           return actor->opening() == inode;
         });
}

// --- states

std::size_t Run::choose(std::size_t options) {
  const std::size_t at = points_.size();
  if (at < given_.size()) {
    if (given_[at].options != options) {
      std::abort(); // the same choices have led elsewhere: the explorer itself is wrong
    }
    points_.push_back(given_[at]);
    return given_[at].taken;
  }
  if (!enter_state()) {
    over_ = true;
    return 0;
  }
  points_.push_back({0, options});
  return 0;
}

// False if nothing new can come after it.
bool Run::enter_state() {
  const auto found = seen_.states.emplace(key(), left_);
  if (!found.second) {
    const bool more = left_ > found.first->second;
    found.first->second = std::max(left_, found.first->second);
    return more;
  }
  fault_ = judge_moment(world_, spec_);
  if (fault_.empty() && spec_.power) {
    fault_ = judge_power_cuts(world_, spec_, layer_, [this](std::uint64_t state) {
      return seen_.cuts.insert(state).second;
    });
  }
  return fault_.empty();
}

std::uint64_t Run::key() const {
  std::uint64_t all = state_of(world_);
  for (const ActorPtr& actor : actors_) {
    all = mix(all, actor->done() ? 0 : actor->state() + 1);
  }
  for (const auto& worker : workers_) {
    all = mix(all, worker->state());
  }
  const auto current = static_cast<std::uint64_t>(current_ + 1);
  return mix(all,
             current * 1024 + static_cast<std::uint64_t>(kills_left_) * 2 +
                 (interrupted_ ? 1 : 0));
}

void Run::end() {
  const bool stuck = std::any_of(
      actors_.begin(), actors_.end(), [](const ActorPtr& one) { return !one->done(); });
  if (stuck) {
    fault_ = "somebody waits for ever";
    return;
  }
  fault_ = judge_moment(world_, spec_);
  if (fault_.empty() && seen_.ends.insert(state_of(world_)).second) {
    fault_ = judge_end(world_, spec_, layer_);
  }
}

std::string Run::store() const {
  return listing(world_);
}

} // namespace coldpress
