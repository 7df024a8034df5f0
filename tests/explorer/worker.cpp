#include "tests/explorer/worker.hpp"

namespace coldpress {

namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return (a ^ (b + 0x9e3779b97f4a7c15U + (a << 6U) + (a >> 2U))) * 0xff51afd7ed558ccdU;
}

} // namespace

Worker::Worker(
    int index, World& world, const Case& spec, Turns& turns, const Layer& layer)
    : index_(index), world_(world), spec_(spec), turns_(turns), clock_(std::chrono::hours{index}),
      layer_(layer ? layer(*world.disk, world) : nullptr),
      fs_(layer_ ? *layer_ : *world.disk,
          {[this](Touches touches, bool changes) { before(touches, changes); },
           [this] { return killed_ || turns_.over(); },
           [this](std::uint64_t answer) { history_ = mix(history_, answer); },
           turns.logs() ? [this](const std::string& line) {
             if (!at_once_) {
               turns_.log(index_, line);
             }
           } : std::function<void(const std::string&)>(),
           spec.power,
           index > 0}) {
  clock_.time_has_passed = [this] { return time_has_passed(); };
  clock_.on_sleep = [this] { before(k_everything, false); };
  if (index == 0) {
    begin_process();
    history_ = 0;
  }
}

void Worker::before(Touches touches, bool changes) {
  if (!at_once_ && !killed_) {
    turns_.before_call(index_, touches, changes);
  }
}

bool Worker::time_has_passed() const {
  if (!in_phase_ || retired_inode_ == 0) {
    return turns_.settled();
  }
  return turns_.grace_over(retired_inode_);
}

std::vector<Move> Worker::may_begin() const {
  if (phase_ == spec_.phases || (spec_.workers > 1 && index_ == 0 && phase_ == 1)) {
    return {};
  }
  std::vector<Move> actions;
  if (published_ && turns_.grace_over(published_->plain().inode)) {
    actions.push_back(Move::reap);
  }
  if (world_.exists(places().plain) && !world_.exists(places().compressed) &&
      turns_.settled()) {
    actions.push_back(Move::compress);
  }
  if (has_leftovers(forms_of(world_))) {
    actions.push_back(Move::recover);
  }
  if (has_temp(world_)) {
    actions.push_back(Move::sweep);
  }
  return actions;
}

std::uint64_t Worker::state() const {
  std::uint64_t all = mix(history_, static_cast<std::uint64_t>(phase_));
  all = mix(all, (in_phase_ ? 1U : 0U) + (done_ ? 2U : 0U) + (process_ ? 4U : 0U));
  if (published_) {
    all = mix(all, published_->plain().inode);
    all = mix(all, published_->compressed().inode);
    all = mix(all, published_->plain().size);
  }
  return all;
}

void Worker::kill() {
  killed_ = true;
  fs_.close_all();
}

bool Worker::begin_process() {
  if (process_) {
    return true;
  }
  at_once_ = true;
  auto started = Process::start(fs_, clock_, index_ == 0 ? "host-a" : "host-b");
  at_once_ = false;
  if (!started) {
    return false;
  }
  process_ = std::move(*started);
  return true;
}

void Worker::end_process() {
  at_once_ = true;
  published_.reset();
  process_.reset();
  at_once_ = false;
}

void Worker::work() {
  while (!done_) {
    const Move action = turns_.next_phase(index_);
    done_ = turns_.over() || action == Move::leave;
    if (!done_) {
      ++phase_;
      in_phase_ = true;
      history_ = static_cast<std::uint64_t>(action);
      perform(action);
      if (killed_) {
        end_process();
        killed_ = false;
      }
      in_phase_ = false;
      retired_inode_ = 0;
      history_ = 0;
    }
  }
  end_process();
}

void Worker::perform(Move action) {
  if (!begin_process()) {
    return;
  }
  if (action == Move::compress) {
    published_.reset();
    compress();
    return;
  }
  const auto retired = world_.stat(places().retired);
  retired_inode_ = retired ? retired->inode : 0;
  if (action == Move::reap) {
    (void)process_->reap(*published_);
    published_.reset();
    return;
  }
  if (action == Move::sweep) {
    process_->sweep();
    return;
  }
  (void)process_->recover(world_, spec_.trees);
}

void Worker::compress() {
  at_once_ = true;
  auto verified = process_->prepare();
  at_once_ = false;
  if (!verified) {
    return;
  }
  auto published = process_->publish(std::move(*verified));
  if (published) {
    published_ = std::move(*published);
  }
}

} // namespace coldpress
