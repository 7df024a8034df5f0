// Row (d): somebody who resolved the plain file's name before it was retired comes in
// at every single call that the worker makes, one after the other, from the claim to the
// reap and in the recovery after it. He holds an O_PATH descriptor and opens it for
// append through /proc/self/fd, which is what a preempted open() amounts to.
#include "tests/race/compressing.hpp"
#include "tests/race/intruder.hpp"
#include "tests/support/fault_fs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <exception>

namespace {

using namespace coldpress;
using namespace coldpress::race;

constexpr std::uint32_t k_intruder = 0;
constexpr std::uint32_t k_before = 1; // whoever wrote the file's last lines

class Forced {
public:
  Forced()
      : shared_(record_.shared()), door_(new_door()), fs_(posix_), compress_(fs_, home_) {
  }

  int run() {
    const pid_t intruder =
        in_child([this] { Intruder(home_, record_, door_, k_intruder).work(); });
    const std::uint64_t lines = full_size() ? 1'000'000 : 20'000;
    do {
      sweep();
    } while (shared_.acknowledged < lines && stuck_ == 0);
    shared_.stop = true;
    stuck_ += finished(intruder, std::chrono::seconds{20}) ? 0 : 1;
    return report();
  }

private:
  // Every call once, for each way of coming in; once more with a first late writer, so
  // that the recovery is walked, too.
  void sweep() {
    for (const bool arrived_before : {false, true}) {
      for (int manner = 0; manner < k_manners; ++manner) {
        for (int call = 0; stuck_ == 0 && compress(call, Manner{manner}, arrived_before);
             ++call) {
        }
      }
    }
  }

  // False if there were fewer calls than that.
  bool compress(int call, Manner manner, bool arrived_before) {
    at_call_ = call;
    manner_ = manner;
    arrived_before_ = arrived_before;
    calls_ = 0;
    let_in_ = false;
    leases_ = 0;
    released_ = false;
    past_last_look_ = false;
    past_grace_ = false;
    first_lines_ = {shared_.counts[k_intruder], shared_.counts[k_before]};
    rollout_ = shared_.next_rollout.fetch_add(1);
    make();
    door_.rollout = rollout_;
    door_.manner = manner;
    door_.stage = Stage::wanted;
    await(Stage::ready, "no intruder");
    const Fd resolved(::open(home_.plain(rollout_).c_str(), O_PATH | O_CLOEXEC));
    resolved_ = &resolved;
    fs_.reset();
    fs_.set_hook(
        [this](std::string_view op, const std::string& path) { hook(op, path); });
    const bool settled = run_stages();
    fs_.set_hook({});
    door_.stage = let_in_ ? Stage::leave : Stage::cancel;
    await(Stage::gone, "the intruder does not leave");
    check(compress_.recover(rollout_) || settled);
    compresses_ += 1;
    return calls_ > call;
  }

  bool run_stages() {
    const auto published = compress_.publish(rollout_);
    await_inside();
    if (published) {
      const bool reaped = compress_.reap(*published).has_value();
      await_inside();
      (reaped ? reaped_ : refused_) += 1;
    } else if (published.error().kind == OutcomeKind::writer_arrived) {
      arrived_ += 1;
    } else {
      skipped_ += 1;
    }
    return compress_.recover(rollout_);
  }

  void make() {
    home_.make(rollout_);
    const Fd file = open_append(home_.plain(rollout_));
    for (int i = 0; i < 3; ++i) {
      append_last_line(file);
    }
  }

  // The one that an intruder cuts off.
  void append_last_line(const Fd& file) {
    struct stat stat {};
    ::fstat(file.get(), &stat);
    std::uint32_t n = 0;
    if (!record_.append(file.get(), k_before, rollout_, &n)) {
      stuck("cannot append");
    }
    door_.last_line_begin = stat.st_size;
    door_.last_line = n;
    door_.last_writer = k_before;
  }

  // Before each call of the worker.
  void hook(std::string_view op, const std::string& path) {
    const int call = calls_++;
    if (arrived_before_ && released_) {
      released_ = false;
      arrived_before_ = false;
      await_inside(); // or both would write at once, and a cut take the wrong line
      append_last_line(open_append(fmt::format("/proc/self/fd/{}", resolved_->get())));
    }
    // By then the grace is over: that nobody is still on his way is the one assumption.
    past_grace_ = past_grace_ || (op == "unlink" && path == home_.retired(rollout_));
    const bool assumed = past_grace_ || (manner_ == Manner::link && past_last_look_);
    if (call == at_call_ && !assumed) {
      let_in_ = true;
      door_.stage = Stage::go;
      if (!wait_until([this] { return is_inside() || lease_breaks(); },
                      std::chrono::seconds{10})) {
        stuck("neither inside nor waiting at the lease");
      }
    } else if (call == at_call_) {
      assumed_ += 1;
    }
    past_last_look_ =
        past_last_look_ || (op == "stat" && path == home_.retired(rollout_));
    // The first lease on it is the claim's.
    leases_ += op == "drop_lease" && path == home_.plain(rollout_) ? 1 : 0;
    released_ = leases_ == 2;
  }

  bool is_inside() const {
    const Stage stage = door_.stage;
    return stage == Stage::inside || stage == Stage::gone;
  }

  // What the grace is for.
  void await_inside() {
    if (let_in_ &&
        !wait_until([this] { return is_inside(); }, std::chrono::seconds{10})) {
      stuck("the intruder does not get in");
    }
  }

  bool lease_breaks() const {
    struct stat stat {};
    ::fstat(resolved_->get(), &stat);
    return lease_is_breaking(stat.st_ino);
  }

  void await(Stage stage, const char* else_what) {
    if (!wait_until([&] { return door_.stage == stage; }, std::chrono::seconds{20})) {
      stuck(else_what);
    }
  }

  void stuck(const char* what) {
    fmt::print(stderr, "{}\n", what);
    stuck_ += 1;
  }

  void check(bool settled) {
    const std::string where = fmt::format(
        "call {} ({}), manner {}", at_call_, op_at(), static_cast<int>(manner_));
    Checker checker(record_);
    const auto text = home_.read(rollout_);
    checker.look(rollout_, text.value_or(""));
    checker.count_lost_of(rollout_, k_intruder, first_lines_[0]);
    checker.count_lost_of(rollout_, k_before, first_lines_[1]);
    const Findings& found = checker.findings();
    // Of a file that was cut shorter the longer .zst may stay: a conflict, reported.
    const bool unsettled = !settled && manner_ != Manner::truncate;
    if (found.all() > 0 || !text || unsettled) {
      fmt::print(stderr,
                 "{}: lost {}, twice {}, reordered {}, came back {}{}{}\n",
                 where,
                 found.lost,
                 found.twice,
                 found.reordered,
                 found.came_back,
                 text ? "" : ", unreadable",
                 unsettled ? ", not settled" : "");
    }
    lost_ += found.lost;
    violations_ += found.all() + (text ? 0 : 1) + (unsettled ? 1 : 0);
    for (const std::string& path :
         {home_.plain(rollout_), home_.compressed(rollout_), home_.retired(rollout_)}) {
      ::unlink(path.c_str());
    }
  }

  std::string op_at() const {
    const auto log = fs_.log();
    const auto at = static_cast<std::size_t>(at_call_);
    return at < log.size() ? log[at].op + " " + base_name(log[at].path) : "none";
  }

  int report() {
    const std::uint64_t violations = violations_ + stuck_ + shared_.faults;
    fmt::print(
        "ROW race-d tried={} violations={} lost={} compresses={} writer_arrived={} "
        "reaped={} reap_refused={} skipped={} past_the_grace={}\n",
        shared_.acknowledged.load(),
        violations,
        lost_,
        compresses_,
        arrived_,
        reaped_,
        refused_,
        skipped_,
        assumed_);
    const bool all_seen = arrived_ > 0 && reaped_ > 0 && refused_ > 0 && skipped_ > 0;
    return violations == 0 && all_seen ? 0 : 1;
  }

  Home home_;
  Record record_;
  Shared& shared_;
  Door& door_;
  PosixFs posix_;
  FaultFs fs_;
  Compressing compress_;
  // of this compression
  std::uint32_t rollout_ = 0;
  int at_call_ = 0;
  int calls_ = 0;
  int leases_ = 0; // given back on the plain file
  Manner manner_ = Manner::append;
  bool arrived_before_ = false;
  bool released_ = false;       // the publication has just given its lease back
  bool past_last_look_ = false; // the reap has looked at the retired file
  bool past_grace_ = false;     // the retired file goes
  bool let_in_ = false;
  const Fd* resolved_ = nullptr;
  std::array<std::uint32_t, 2> first_lines_{};
  // of all
  std::uint64_t compresses_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t reaped_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint64_t assumed_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t violations_ = 0;
  std::uint64_t stuck_ = 0;
};

} // namespace

int main() {
  std::signal(SIGIO, SIG_IGN);
  try {
    return Forced().run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "coldpress-forced: {}\n", error.what());
    return 1;
  }
}
