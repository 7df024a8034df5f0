#include "worker/verify/verify_run.hpp"

#include "fsutil/capped.hpp"
#include "worker/catalog/ledger_thread.hpp"
#include "worker/loop/loop.hpp"
#include "worker/loop/stop_signals.hpp"
#include "worker/loop/thread_pool.hpp"
#include "worker/loop/throttle.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>

namespace coldpress {

namespace {

constexpr int k_signal_exit = 128;
constexpr std::chrono::milliseconds k_progress_interval{200};
constexpr std::chrono::milliseconds k_look_interval{2000};
// The widest window a decoder keeps, and what lies about it.
constexpr std::uint64_t k_job_bytes = std::uint64_t{136} << 20U;

class VerifyRun {
public:
  VerifyRun(Fs& fs,
            const Clock& clock,
            const Settings& settings,
            const Store& store,
            const VerifyEvents& events)
      : fs_(fs), clock_(clock), settings_(settings), store_(store), events_(events),
        throttle_(clock, settings),
        looker_("cp-look", 1, Priority::normal, rethrow_on(loop_)),
        most_jobs_(std::clamp<std::uint64_t>(
            settings.limits.memory_bytes / k_job_bytes, 1, settings.limits.jobs)),
        jobs_("cp-verify", most_jobs_, Priority::idle, rethrow_on(loop_)) {}

  VerifySummary run(const VerifyRequest& request) {
    const BootTime begun = clock_.boot();
    auto looker = looker_.start();
    auto jobs = jobs_.start();
    if (!looker || !jobs) {
      summary_.error = std::move(looker ? jobs.error() : looker.error());
      return std::move(summary_);
    }
    auto files = request.plain_paths.empty()
                     ? all_frames(fs_, store_, summary_)
                     : named_frames(fs_, store_, request.plain_paths);
    if (!files.empty()) { // else there is nothing to remember, and no file is made
      open_ledger();
    }
    if (request.plain_paths.empty() && summary_.scan_errors.empty()) {
      forget_deleted();
    }
    queue_ = choose_frames(std::move(files), known_, request.sample);
    for (const FrameFile& file : queue_) {
      add_capped(bytes_total_, file.bytes);
    }
    drive();
    close_ledger();
    summary_.left = queue_.size() - done_;
    summary_.seconds = std::chrono::duration<double>(clock_.boot() - begun).count();
    return std::move(summary_);
  }

private:
  // --- before and after

  void open_ledger() {
    const std::string path = join_path(store_.state_dir, "ledger.sqlite");
    auto made = make_dirs(fs_, store_.state_dir, 0700);
    auto ledger =
        made ? Ledger::open(path) : Result<Ledger>(Fail(std::move(made.error())));
    auto known = ledger ? ledger->verifications()
                        : Result<Verifications>(Fail(std::move(ledger.error())));
    if (!known) {
      const bool readable = only_read_ledger(path);
      summary_.notes.push_back(
          (readable ? "the ledger cannot be written, so the results are not recorded: "
                    : "the ledger cannot be used, so the oldest files are read first and "
                      "the results are not recorded: ") +
          describe(known.error()));
      return;
    }
    known_ = std::move(*known);
    ledger_.emplace(std::move(*ledger));
    if (auto started = ledger_->start(); !started) {
      ledger_.reset();
      summary_.notes.push_back("the results are not recorded: " +
                               describe(started.error()));
    }
  }

  // A rollout that has no form any more is not verified again, nor is its damage put
  // right.
  void forget_deleted() {
    std::vector<std::string> deleted;
    for (const auto& [rollout, known] : known_) {
      const std::string plain = join_path(store_.home, rollout);
      const auto one = is_there(fs_, plain);
      const auto other = is_there(fs_, compressed_name(plain));
      if (one && !*one && other && !*other) {
        deleted.push_back(rollout);
      }
    }
    if (ledger_ && !deleted.empty()) {
      ledger_->post([deleted = std::move(deleted)](Ledger& ledger) {
        return ledger.forget_verified(deleted);
      });
    }
  }

  // What stands in it can be compared with all the same: of a snapshot, for one.
  bool only_read_ledger(const std::string& path) {
    const auto ledger = Ledger::open_read_only(path);
    const bool sound = ledger && *ledger && (*ledger)->check();
    auto known =
        sound ? (*ledger)->verifications() : Result<Verifications>(Fail(Error{}));
    known_ = known ? std::move(*known) : Verifications{};
    return known.has_value();
  }

  void close_ledger() {
    if (!ledger_) {
      return;
    }
    ledger_->flush();
    if (const auto error = ledger_->first_error()) {
      summary_.notes.push_back("the ledger is incomplete: " + describe(*error));
    }
    ledger_.reset();
  }

  // --- the loop

  void drive() {
    for (const int signal : stop_signals()) {
      loop_.on_signal(signal, [this, signal] { on_signal(signal); });
    }
    loop_.every(k_progress_interval, [this] {
      show_progress();
      advance(); // a wait may be over
    });
    if (throttle_.watches()) {
      loop_.every(k_look_interval, [this] { look_at_machine(); });
      look_at_machine();
    }
    loop_.post([this] { advance(); });
    try {
      loop_.run();
    } catch (...) {
      stop_.request_stop();
      looker_.stop();
      jobs_.stop();
      throw;
    }
  }

  void on_signal(int signal) {
    if (summary_.signal != 0 && !ends_at_once(signal)) {
      return;
    }
    if (summary_.signal != 0) {
      ::_exit(k_signal_exit + signal); // nothing depends on the end of it
    }
    summary_.signal = signal;
    stop_.request_stop();
    advance();
  }

  void look_at_machine() {
    if (looking_) {
      return;
    }
    looking_ = true;
    looker_.post([this] {
      MachineLoad load = read_pressure(fs_);
      if (settings_.pressure.on_battery == OnBattery::wait) {
        load.on_battery = read_on_battery(fs_);
      }
      auto news = throttle_.see(load);
      loop_.post([this, news = std::move(news)] {
        looking_ = false;
        if (news && events_.throttled) {
          events_.throttled(*news);
        }
        advance();
      });
    });
  }

  bool may_begin() const {
    return next_ < queue_.size() && !stop_.stop_requested() && !throttle_.time_is_up();
  }

  void advance() {
    while (under_way_ < most_jobs_ && may_begin() && throttle_.may_start()) {
      begin(next_++);
    }
    if (under_way_ == 0 && !looking_ && !may_begin()) {
      show_progress();
      loop_.stop();
    }
  }

  void begin(std::size_t nth) {
    under_way_ += 1;
    current_ = queue_[nth].rollout;
    std::optional<Verification> known;
    if (const auto found = known_.find(queue_[nth].rollout); found != known_.end()) {
      known = found->second;
    }
    jobs_.post([this, nth, known = std::move(known)] {
      FrameReadRules rules;
      rules.stop = stop_.get_token();
      rules.pace = [this](std::uint64_t bytes) {
        bytes_done_ += bytes;
        return throttle_.pace(bytes, stop_.get_token());
      };
      auto seen = verify_one(fs_, store_, queue_[nth], known, std::move(rules));
      loop_.post([this, known, seen = std::move(seen)] {
        under_way_ -= 1;
        if (seen) {
          take(*seen, known);
        }
        advance();
      });
    });
  }

  void take(const VerifiedRollout& seen, const std::optional<Verification>& known) {
    done_ += 1;
    summary_.counts.at(static_cast<std::size_t>(seen.result)) += 1;
    if (seen.read) {
      add_capped(summary_.bytes, seen.bytes);
      add_capped(summary_.plain_bytes, seen.read->plain_bytes);
    }
    remember(seen, known);
    if (events_.verified) {
      events_.verified(seen);
    }
  }

  void remember(const VerifiedRollout& seen, const std::optional<Verification>& known) {
    const bool told =
        seen.result == VerifyResult::ok || seen.result == VerifyResult::damaged;
    if (!ledger_ || !told) {
      return;
    }
    Verification row = known.value_or(Verification{});
    row.rollout = seen.rollout;
    row.at = clock_.wall();
    row.ok = seen.result == VerifyResult::ok;
    row.detail = row.ok ? seen.unread : seen.detail;
    row.frame_bytes = seen.bytes;
    row.frame_mtime = seen.mtime;
    if (row.ok) {
      row.plain_bytes = seen.read->plain_bytes;
      row.hash = to_hex(seen.read->hash);
    }
    ledger_->post(
        [row = std::move(row)](Ledger& ledger) { return ledger.set_verified(row); });
  }

  void show_progress() {
    if (!events_.progress || queue_.empty()) {
      return;
    }
    Progress progress;
    progress.files_done = done_;
    progress.files_total = queue_.size();
    progress.bytes_done = std::min<std::uint64_t>(bytes_done_, bytes_total_);
    progress.bytes_total = bytes_total_;
    progress.current = under_way_ > 0 ? current_ : std::string();
    events_.progress(progress);
  }

  Fs& fs_;
  const Clock& clock_;
  const Settings& settings_;
  const Store& store_;
  const VerifyEvents& events_;
  VerifySummary summary_;
  std::optional<LedgerThread> ledger_;
  Verifications known_;
  std::vector<FrameFile> queue_;
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;
  std::size_t done_ = 0;
  std::string current_;
  std::uint64_t bytes_total_ = 0;
  std::atomic<std::uint64_t> bytes_done_{0};
  bool looking_ = false;
  std::stop_source stop_;
  Throttle throttle_;
  Loop loop_;
  ThreadPool looker_;
  std::size_t most_jobs_;
  ThreadPool jobs_; // last: its tasks use all of the above
};

} // namespace

VerifySummary verify(Fs& fs,
                     const Clock& clock,
                     const Settings& settings,
                     const Store& store,
                     const VerifyRequest& request,
                     const VerifyEvents& events) {
  return VerifyRun(fs, clock, settings, store, events).run(request);
}

} // namespace coldpress
