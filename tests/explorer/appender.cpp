#include "tests/explorer/actor.hpp"
#include "tests/explorer/process.hpp"
#include "tests/explorer/step_fs.hpp"
#include "worker/rollout/writer.hpp"

#include <ucontext.h>

#include <cstddef>

// Another program that appends with our own library: the thread's lock, the .zst made
// plain, one record.

namespace coldpress {

namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return (a ^ (b + 0x9e3779b97f4a7c15U + (a << 6U) + (a >> 2U))) * 0xff51afd7ed558ccdU;
}

// A power cut that tears a record which nobody was told is there: the unit tests have
// that. Here what is written is durable at once, as for every writer of World.
class DurableAppends final : public PassFs {
public:
  using PassFs::PassFs;
  Result<std::size_t> append(FileHandle file, std::span<const std::byte> data) override {
    auto put = PassFs::append(file, data);
    (void)PassFs::sync_file(file);
    return put;
  }
};

// The real code has a stack of its own, and goes from one call that others can notice to
// the next when it is told to.
class Appender final : public Actor {
public:
  Appender(World& world, int record, const Between& between)
      : Actor("append of " + std::to_string(record),
              k_plain | k_retired | k_frame | k_archive | k_thread_locks),
        world_(world), record_(record),
        between_(between ? between(*world.disk) : nullptr),
        durable_(between_ ? *between_ : *world.disk),
        fs_(world.contents_last ? static_cast<Fs&>(durable_)
            : between_          ? *between_
                                : *world.disk,
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
    while (begun_ && !ended_) {
      resume();
    }
    fs_.close_all();
  }
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  std::uint64_t state() const override { return history_; }

  std::string step(World&) override {
    if (!begun_) {
      begun_ = true;
      ::getcontext(&inside_);
      inside_.uc_stack.ss_sp = stack_.get();
      inside_.uc_stack.ss_size = k_stack;
      inside_.uc_link = &outside_;
      const auto self = reinterpret_cast<std::uintptr_t>(this);
      ::makecontext(&inside_,
                    reinterpret_cast<void (*)()>(&Appender::enter),
                    2,
                    static_cast<unsigned>(self >> 32U),
                    static_cast<unsigned>(self));
    }
    last_ = "begins";
    resume();
    at_ = ended_ ? k_done : 0;
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

  static void enter(unsigned high, unsigned low) {
    const std::uintptr_t self = (static_cast<std::uintptr_t>(high) << 32U) | low;
    auto* appender = reinterpret_cast<Appender*>(self);
    appender->work();
    appender->ended_ = true;
  }
  // Others may go.
  void pause() {
    if (!dead_) {
      ::swapcontext(&inside_, &outside_);
    }
  }
  // Until it pauses or ends.
  void resume() { ::swapcontext(&outside_, &inside_); }

  static constexpr std::size_t k_stack = std::size_t{512} << 10U;

  World& world_;
  int record_;
  std::unique_ptr<Fs> between_;
  DurableAppends durable_;
  StepFs fs_;
  StageClock clock_{std::chrono::hours{0}};
  std::uint64_t history_ = 0;
  std::string last_;
  bool dead_ = false;
  bool begun_ = false;
  bool ended_ = false;
  std::unique_ptr<std::byte[]> stack_{new std::byte[k_stack]};
  ucontext_t inside_{};
  ucontext_t outside_{};
};

} // namespace

ActorPtr appender(World& world, int record, const Between& between) {
  return std::make_unique<Appender>(world, record, between);
}

} // namespace coldpress
