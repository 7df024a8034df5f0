#include "tests/explorer/actor.hpp"
#include "tests/explorer/process.hpp"
#include "tests/explorer/step_fs.hpp"
#include "worker/rollout/writer.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

// Another program that appends with our own library: the thread's lock, the .zst made
// plain, one record.

namespace coldpress {

namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return (a ^ (b + 0x9e3779b97f4a7c15U + (a << 6U) + (a >> 2U))) * 0xff51afd7ed558ccdU;
}

// The real code has a stack of its own, and goes from one call that others can notice to
// the next when it is told to.
class Appender final : public Actor {
public:
  Appender(World& world, int record, const Between& between)
      : Actor("append of " + std::to_string(record),
              k_plain | k_retired | k_frame | k_archive | k_thread_locks),
        world_(world), record_(record),
        between_(between ? between(*world.disk) : nullptr),
        fs_(between_ ? *between_ : *world.disk,
            // A look belongs to the change that it comes before.
            {[this](Touches, bool changes) {
               if (changes) {
                 pause();
               }
             },
             [this] { return dead_; },
             [this](std::uint64_t answer) { history_ = mix(history_, answer); },
             [this](const std::string& line) { last_ = line; },
             world.contents_last,
             false}) {
    clock_.on_sleep = [this] { pause(); };
  }
  ~Appender() override {
    dead_ = true;
    if (thread_.joinable()) {
      while (!finished()) {
        resume();
      }
      thread_.join();
    }
    fs_.close_all();
  }
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  std::uint64_t state() const override { return history_; }

  std::string step(World&) override {
    if (!thread_.joinable()) {
      thread_ = std::thread([this] {
        wait_for_turn();
        work();
        const std::lock_guard hold(mutex_);
        ended_ = true;
        running_ = false;
        changed_.notify_all();
      });
    }
    last_ = "begins";
    resume();
    if (finished()) {
      at_ = k_done;
    }
    return short_names(last_);
  }

private:
  void work() {
    CodexLocks codex(fs_, clock_, places().home);
    const auto lock = ThreadLock::acquire(
        fs_, clock_, codex, places().thread_id, std::chrono::nanoseconds(0));
    if (!lock) {
      return;
    }
    auto writer =
        RolloutWriter::open(fs_, clock_, codex, &*lock, places().compressed, {});
    AppendReport done;
    std::string record = rollout_record(record_);
    record.pop_back();
    if (writer && writer->append(record) && writer->flush(done) && !dead_) {
      world_.acked |= 1U << static_cast<unsigned>(record_);
    }
  }

  // In the thread: others may go.
  void pause() {
    if (dead_) {
      return;
    }
    {
      const std::lock_guard hold(mutex_);
      running_ = false;
      changed_.notify_all();
    }
    wait_for_turn();
  }
  void wait_for_turn() {
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [this] { return running_; });
  }
  // Outside: until it pauses or ends.
  void resume() {
    std::unique_lock hold(mutex_);
    running_ = true;
    changed_.notify_all();
    changed_.wait(hold, [this] { return !running_; });
  }
  bool finished() {
    const std::lock_guard hold(mutex_);
    return ended_;
  }

  World& world_;
  int record_;
  std::unique_ptr<Fs> between_;
  StepFs fs_;
  StageClock clock_{std::chrono::hours{0}};
  std::uint64_t history_ = 0;
  std::string last_;
  bool dead_ = false;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool running_ = false;
  bool ended_ = false;
};

} // namespace

ActorPtr appender(World& world, int record, const Between& between) {
  return std::make_unique<Appender>(world, record, between);
}

} // namespace coldpress
