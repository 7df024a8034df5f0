// Sixteen processes fight for the store lock, while its holders are killed, stopped past
// staleness and continued, and while the lock file is removed under them.
#include "fsutil/posix_fs.hpp"
#include "locking/process_id.hpp"
#include "locking/store_lock.hpp"
#include "tests/race/home.hpp"
#include "tests/race/process.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <exception>
#include <stdexcept>
#include <vector>

namespace {

using namespace coldpress;
using namespace coldpress::race;
using namespace std::chrono_literals;

constexpr std::size_t k_fighters = 16;
constexpr StoreLock::Timings k_timings{20ms, 200ms};

// Who holds the lock, in memory that all processes share: the witness.
struct Arena {
  std::atomic<bool> stop;
  std::atomic<std::uint64_t> acquired;    // how often: the last one is the holder's
  std::atomic<std::uint64_t> acquired_at; // ns
  std::atomic<pid_t> holder;              // 0: nobody
  std::atomic<std::uint64_t> acts;        // things done under the lock
  std::atomic<std::uint64_t> double_holders;
  std::atomic<std::uint64_t> late_acts; // by one whose lock was somebody else's
  std::atomic<std::uint64_t> gave_up;   // noticed that the lock was lost
};

Arena& new_arena() {
  void* memory = ::mmap(
      nullptr, sizeof(Arena), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::runtime_error("mmap of the arena");
  }
  return *static_cast<Arena*>(memory);
}

class Fighter {
public:
  Fighter(Arena& arena, std::string state_dir)
      : arena_(arena), state_dir_(std::move(state_dir)),
        dice_(static_cast<std::uint64_t>(::getpid())) {}

  void work() {
    while (!arena_.stop) {
      fight();
      dice_.nap_below(8000);
    }
  }

private:
  void fight() {
    auto lock =
        StoreLock::try_acquire(fs_, clock_, this_process(), state_dir_, k_timings);
    if (lock) {
      enter();
      hold(*lock);
      leave();
    }
  }

  void enter() {
    // A holder that was killed or whose file was removed is told by the referee, who
    // takes his name out of the witness before anybody can come after him.
    pid_t nobody = 0;
    if (!arena_.holder.compare_exchange_strong(nobody, ::getpid())) {
      arena_.double_holders += 1;
      arena_.holder = ::getpid();
    }
    arena_.acquired_at = now_ns();
    tenure_ = arena_.acquired.fetch_add(1) + 1;
  }

  void hold(StoreLock& lock) {
    const std::uint64_t until = now_ns() + 3'000'000U + dice_.roll(15'000'000);
    std::uint64_t refreshed = now_ns();
    while (now_ns() < until && !arena_.stop) {
      if (now_ns() - refreshed > 20'000'000U) {
        (void)lock.refresh();
        refreshed = now_ns();
      }
      if (!act(lock)) {
        return;
      }
      dice_.nap_below(500);
    }
  }

  // What every change of the disk does first. The order in time is what counts: whoever
  // was let through by a check that began after somebody else had the lock is wrong.
  bool act(StoreLock& lock) {
    const std::uint64_t asked_at = now_ns();
    if (!lock.check()) {
      arena_.gave_up += 1;
      return false;
    }
    arena_.acts += 1;
    if (arena_.acquired != tenure_ && asked_at > arena_.acquired_at) {
      arena_.late_acts += 1;
    }
    return true;
  }

  void leave() {
    pid_t self = ::getpid();
    (void)arena_.holder.compare_exchange_strong(self, 0);
  }

  Arena& arena_;
  std::string state_dir_;
  PosixFs fs_;
  SystemClock clock_;
  Dice dice_;
  std::uint64_t tenure_ = 0; // which acquisition this is
};

class Storm {
public:
  Storm() : arena_(new_arena()), state_dir_(home_.path() + "/coldpress") {
    PosixFs fs;
    if (!make_dirs(fs, state_dir_, 0700)) {
      throw std::runtime_error("cannot make " + state_dir_);
    }
  }

  int run() {
    for (std::size_t i = 0; i < k_fighters; ++i) {
      fighters_.push_back(new_fighter());
    }
    const int rounds = full_size() ? 10'000 : 200;
    for (int round = 0; round < rounds && stuck_ == 0; ++round) {
      const std::array<void (Storm::*)(), 3> kinds{
          &Storm::kill_holder, &Storm::stop_holder, &Storm::remove_under_holder};
      (this->*kinds[static_cast<std::size_t>(round) % kinds.size()])();
      rounds_ += 1;
      dice_.nap_below(60'000); // some change hands in peace
    }
    arena_.stop = true;
    for (const pid_t fighter : fighters_) {
      stuck_ += finished(fighter, 20s) ? 0 : 1;
    }
    return report();
  }

private:
  pid_t new_fighter() {
    return in_child([this] { Fighter(arena_, state_dir_).work(); });
  }

  // Stops whoever holds it in the middle of holding.
  pid_t stopped_holder() {
    pid_t holder = 0;
    const bool caught = wait_until(
        [&] {
          holder = arena_.holder;
          if (holder == 0 || ::kill(holder, SIGSTOP) != 0) {
            return false;
          }
          int status = 0;
          (void)::waitpid(holder, &status, WUNTRACED);
          if (arena_.holder == holder) {
            return true;
          }
          ::kill(holder, SIGCONT); // he has just left
          return false;
        },
        10s);
    stuck_ += caught ? 0 : 1;
    return caught ? holder : 0;
  }

  void forget(pid_t holder) { (void)arena_.holder.compare_exchange_strong(holder, 0); }

  void kill_holder() {
    const pid_t holder = stopped_holder();
    if (holder == 0) {
      return;
    }
    const std::uint64_t before = arena_.acquired;
    forget(holder);
    const std::uint64_t killed_at = now_ns();
    ::kill(holder, SIGKILL);
    int status = 0;
    (void)::waitpid(holder, &status, 0);
    std::replace(fighters_.begin(), fighters_.end(), holder, new_fighter());
    if (!wait_until([&] { return arena_.acquired > before; }, 10s)) {
      stuck_ += 1;
      return;
    }
    const std::uint64_t took_ms = (now_ns() - killed_at) / 1'000'000U;
    slowest_ms_ = std::max(slowest_ms_, took_ms);
    slow_ += took_ms >= 1000 ? 1 : 0;
    kills_ += 1;
  }

  // He keeps the flock while he sleeps: nobody may come, however stale he is.
  void stop_holder() {
    const pid_t holder = stopped_holder();
    if (holder == 0) {
      return;
    }
    const std::uint64_t before = arena_.acquired;
    nap(k_timings.stale + 50ms);
    taken_from_sleeper_ += arena_.acquired != before ? 1 : 0;
    ::kill(holder, SIGCONT);
    stops_ += 1;
  }

  // Somebody removes the file: others get a new one, and the sleeper, once awake, has to
  // notice before he does anything.
  void remove_under_holder() {
    const pid_t holder = stopped_holder();
    if (holder == 0) {
      return;
    }
    const std::uint64_t before = arena_.acquired;
    forget(holder);
    ::unlink((state_dir_ + "/store.lock").c_str());
    if (!wait_until([&] { return arena_.acquired > before; }, 10s)) {
      stuck_ += 1;
    }
    ::kill(holder, SIGCONT);
    removals_ += 1;
  }

  int report() const {
    const std::uint64_t violations =
        arena_.double_holders + arena_.late_acts + taken_from_sleeper_ + slow_ + stuck_;
    fmt::print("ROW lock-storm tried={} violations={} kills={} stops={} removals={} "
               "acquired={} acts={} double_holders={} late_acts={} gave_up={} "
               "slowest_takeover_ms={} stuck={}\n",
               rounds_,
               violations,
               kills_,
               stops_,
               removals_,
               arena_.acquired.load(),
               arena_.acts.load(),
               arena_.double_holders.load(),
               arena_.late_acts.load(),
               arena_.gave_up.load(),
               slowest_ms_,
               stuck_);
    return violations == 0 && arena_.gave_up > 0 ? 0 : 1;
  }

  Home home_;
  Arena& arena_;
  std::string state_dir_;
  std::vector<pid_t> fighters_;
  Dice dice_{1};
  std::uint64_t rounds_ = 0;
  std::uint64_t kills_ = 0;
  std::uint64_t stops_ = 0;
  std::uint64_t removals_ = 0;
  std::uint64_t slowest_ms_ = 0;
  std::uint64_t slow_ = 0;
  std::uint64_t taken_from_sleeper_ = 0;
  std::uint64_t stuck_ = 0;
};

} // namespace

int main() {
  try {
    return Storm().run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "coldpress-lock-storm: {}\n", error.what());
    return 1;
  }
}
