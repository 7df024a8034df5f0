#include "worker/pass/session.hpp"

#include "fsutil/log.hpp"
#include "worker/loop/stop_signals.hpp"
#include "worker/preflight/preflight.hpp"

#include <unistd.h>

#include <csignal>
#include <utility>

namespace coldpress {

namespace {

constexpr int k_signal_exit = 128;

// What no look beforehand could see: a security module, or a change since.
Fail with_advice(Error error) {
  if (error.code == Errc::denied && error.context.empty()) {
    return Fail(std::move(error).in(
        "the store is not writable; coldpress doctor says why, and what to do"));
  }
  return Fail(std::move(error));
}

} // namespace

Session::Session(Fs& fs, const Clock& clock, Settings settings, Store store)
    : fs_(fs), clock_(clock), settings_(std::move(settings)), store_(std::move(store)),
      self_(this_process()), codex_(fs_, clock_, store_.home),
      publisher_("cp-publisher", 1, Priority::normal, rethrow_on(loop_)) {
  for (const int signal : stop_signals()) {
    loop_.on_signal(signal, [this, signal] { on_signal(signal); });
  }
  loop_.every(StoreLock::Timings{}.refresh, [this] { heartbeat(); });
}

Session::~Session() = default;

Result<void> Session::start() {
  TRY(publisher_.start());
  return {};
}

void Session::abandon() {
  stop_.request_stop();
  publisher_.stop();
}

void Session::on_signal(int signal) {
  if (signal_ != 0 && !ends_at_once(signal)) {
    return;
  }
  // A manager that signals every process of a group does so as the input ends.
  if (signal_ != 0 && !std::exchange(ended_early_, false)) {
    // Safe at any moment: what is left behind is what a kill -9 leaves.
    ::_exit(k_signal_exit + signal);
  }
  signal_ = signal;
  stop_.request_stop();
  if (stopped_) {
    stopped_();
  }
}

void Session::end_early() {
  if (signal_ == 0) {
    on_signal(SIGTERM);
    ended_early_ = true;
  }
}

Result<void> Session::lock(const std::string& command) {
  TRY(preflight::check_start(
      fs_, {store_.home, store_.own_dir, store_.state_dir, store_.uid}));
  if (auto made = make_dirs(fs_, store_.own_dir, 0700); !made) {
    return with_advice(std::move(made.error()));
  }
  auto held = StoreLock::try_acquire(fs_, clock_, self_, store_.own_dir, {});
  if (!held) {
    return with_advice(std::move(held.error()));
  }
  {
    const std::lock_guard guard(mutex_);
    lock_.emplace(std::move(*held));
  }
  TRY(codex_.ensure());
  open_ledger(command);
  return {};
}

void Session::open_ledger(const std::string& command) {
  const std::string path = join_path(store_.state_dir, "ledger.sqlite");
  auto made = make_dirs(fs_, store_.state_dir, 0700);
  auto opened = made ? Ledger::open_or_replace(path, clock_.wall())
                     : Result<Ledger::Opened>(Fail(std::move(made.error())));
  if (!opened) {
    note("the ledger cannot be used, the run continues without it: " +
         describe(opened.error()));
    return;
  }
  if (!opened->set_aside.empty()) {
    note("the ledger was damaged; it is now " + opened->set_aside +
         ", and a new one is begun");
  }
  const auto run = opened->ledger.begin_run(
      {clock_.wall(), command, self_.pid, self_.host, lock_->generation()});
  auto known = opened->ledger.known();
  if (!run || !known) {
    note("the ledger cannot be used, the run continues without it: " +
         describe(run ? known.error() : run.error()));
    return;
  }
  run_id_ = *run;
  ledger_.emplace(std::move(opened->ledger));
  if (auto started = ledger_->start(); !started) {
    ledger_.reset();
    note("the ledger cannot be used, the run continues without it: " +
         describe(started.error()));
    return;
  }
  known_ = std::move(*known);
}

void Session::learn(const HeadNews& news) {
  auto pages = known_.heads.apply(news);
  if (!pages.empty()) {
    post_to_ledger(
        [pages = std::move(pages)](Ledger& ledger) { return ledger.write_heads(pages); });
  }
}

Result<void> Session::claim_marker(MarkerRules rules) {
  TRY_ASSIGN(RunMarker marker, RunMarker::claim(fs_, clock_, self_, store_.home, rules));
  const std::lock_guard guard(mutex_);
  marker_.emplace(std::move(marker));
  return {};
}

void Session::release(const RunEnd& end, RunMarker::Success success) {
  if (ledger_) {
    ledger_->post(
        [id = run_id_, end](Ledger& ledger) { return ledger.finish_run(id, end); });
    ledger_->flush();
    if (const auto error = ledger_->first_error()) {
      note("the ledger is incomplete: " + describe(*error));
    }
    ledger_.reset();
  }
  const std::lock_guard guard(mutex_);
  if (marker_) {
    (void)marker_->finish(success); // somebody else's by now is left alone
    marker_.reset();
  }
  lock_.reset();
}

void Session::record(const Outcome& outcome) {
  post_to_ledger([id = run_id_, outcome, now = clock_.wall()](Ledger& ledger) {
    return ledger.record(id, outcome, now);
  });
}

void Session::record_begun(const std::string& rollout) {
  post_to_ledger([id = run_id_, rollout, now = clock_.wall()](Ledger& ledger) {
    return ledger.begin_work(id, rollout, now);
  });
}

void Session::post_to_ledger(LedgerThread::Work work) {
  if (ledger_) {
    ledger_->post(std::move(work));
  }
}

std::vector<std::string> Session::notes() const {
  const std::lock_guard guard(mutex_);
  return notes_;
}

void Session::note(std::string line) {
  const std::lock_guard guard(mutex_);
  notes_.push_back(std::move(line));
}

void Session::heartbeat() {
  const std::lock_guard guard(mutex_);
  if (lock_) {
    // A failed one makes check() give up in time; it says why.
    if (const auto beat = lock_->refresh(); !beat) {
      log_warn("store lock: {}", describe(beat.error()));
    }
  }
  if (marker_) {
    (void)marker_->refresh();
  }
}

} // namespace coldpress
