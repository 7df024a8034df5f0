// Sixteen processes fight for the store lock, while its holders are killed, stopped past
// staleness and continued, and while the lock file is removed under them.
#include "fsutil/posix_fs.hpp"
#include "locking/process_id.hpp"
#include "locking/store_lock.hpp"
#include "tests/race/home.hpp"
#include "tests/race/lock_witness.hpp"
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
#include <new>
#include <stdexcept>
#include <vector>

namespace {

using namespace coldpress;
using namespace coldpress::race;
using namespace std::chrono_literals;

constexpr std::size_t k_fighters = 16;
constexpr StoreLock::Timings k_timings{20ms, 200ms};

// In memory that all processes share.
struct Arena {
  std::atomic<bool> stop;
  LockWitness witness;
  std::atomic<std::uint64_t> gave_up; // noticed that the lock was lost
};

Arena& new_arena() {
  void* memory = ::mmap(
      nullptr, sizeof(Arena), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::runtime_error("mmap of the arena");
  }
  return *new (memory) Arena();
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
      // Whoever is preempted on his way in must not make others look late.
      tenure_ = arena_.witness.enter(::getpid(), now_ns(), [this] {
        if (dice_.roll(4) == 0) {
          dice_.nap_below(3000);
        }
      });
      hold(*lock);
      arena_.witness.leave(::getpid());
    }
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

  // What every change of the disk does first.
  bool act(StoreLock& lock) {
    const std::uint64_t asked_at = now_ns();
    if (!lock.check()) {
      arena_.gave_up += 1;
      return false;
    }
    arena_.witness.acted(tenure_, asked_at);
    return true;
  }

  Arena& arena_;
  std::string state_dir_;
  PosixFs fs_;
  SystemClock clock_;
  Dice dice_;
  LockWitness::Tenure tenure_ = 0;
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
          holder = arena_.witness.holder();
          if (holder == 0 || ::kill(holder, SIGSTOP) != 0) {
            return false;
          }
          int status = 0;
          (void)::waitpid(holder, &status, WUNTRACED);
          if (arena_.witness.holder() == holder) {
            return true;
          }
          ::kill(holder, SIGCONT); // he has just left
          return false;
        },
        10s);
    stuck_ += caught ? 0 : 1;
    return caught ? holder : 0;
  }

  void kill_holder() {
    const pid_t holder = stopped_holder();
    if (holder == 0) {
      return;
    }
    const std::uint64_t before = arena_.witness.acquired();
    arena_.witness.forget(holder);
    const std::uint64_t killed_at = now_ns();
    ::kill(holder, SIGKILL);
    int status = 0;
    (void)::waitpid(holder, &status, 0);
    std::replace(fighters_.begin(), fighters_.end(), holder, new_fighter());
    if (!wait_until([&] { return arena_.witness.acquired() > before; }, 10s)) {
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
    const std::uint64_t before = arena_.witness.acquired();
    nap(k_timings.stale + 50ms);
    taken_from_sleeper_ += arena_.witness.acquired() != before ? 1 : 0;
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
    const std::uint64_t before = arena_.witness.acquired();
    arena_.witness.forget(holder);
    ::unlink((state_dir_ + "/store.lock").c_str());
    if (!wait_until([&] { return arena_.witness.acquired() > before; }, 10s)) {
      stuck_ += 1;
    }
    ::kill(holder, SIGCONT);
    removals_ += 1;
  }

  int report() const {
    const std::uint64_t violations = arena_.witness.double_holders() +
                                     arena_.witness.late_acts() + taken_from_sleeper_ +
                                     slow_ + stuck_;
    fmt::print("ROW lock-storm tried={} violations={} kills={} stops={} removals={} "
               "acquired={} acts={} double_holders={} late_acts={} gave_up={} "
               "slowest_takeover_ms={} stuck={}\n",
               rounds_,
               violations,
               kills_,
               stops_,
               removals_,
               arena_.witness.acquired(),
               arena_.witness.acts(),
               arena_.witness.double_holders(),
               arena_.witness.late_acts(),
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
