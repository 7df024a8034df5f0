#pragma once

#include "config/settings.hpp"
#include "locking/guards.hpp"
#include "locking/run_marker.hpp"
#include "worker/catalog/ledger_thread.hpp"
#include "worker/loop/loop.hpp"
#include "worker/loop/thread_pool.hpp"
#include "worker/preflight/store.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace coldpress {

// A stretch of work on one store: the loop, the store lock with its heartbeat, the
// signals, the publisher thread and the ledger. Every command that changes a store
// works inside one.
class Session {
public:
  Session(Fs& fs, const Clock& clock, Settings settings, Store store);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  Fs& fs() { return fs_; }
  const Clock& clock() const { return clock_; }
  const Settings& settings() const { return settings_; }
  const Store& store() const { return store_; }
  Loop& loop() { return loop_; }
  // One thread of normal priority: whatever takes Codex's locks runs here.
  ThreadPool& publisher() { return publisher_; }

  // stop_signals() ask it to stop; a second one ends the process at once.
  std::stop_token stop_token() const { return stop_.get_token(); }
  // The signal that asked, 0 if none did.
  int signal() const { return signal_; }
  // On the loop: as SIGTERM does, but only if no signal came yet; and the first that
  // comes afterwards is not a second one.
  void end_early();
  // Calls back on the loop when a signal came.
  void on_stop(std::function<void()> call) { stopped_ = std::move(call); }

  // The publisher's thread, and what surrounds it. First of all.
  Result<void> start();
  // Ends the publisher at once, because something was thrown; nothing is released.
  void abandon();

  // --- on the publisher thread

  // Makes <store>/coldpress, takes the store lock, makes Codex's lock files where
  // they are missing, and opens the ledger. Errc::busy: another coldpress has the store.
  // A ledger that cannot be used is in notes(); the work goes on without one.
  Result<void> lock(const std::string& command);
  // Only after lock().
  Guards guards() { return {fs_, clock_, *lock_, codex_}; }
  CodexLocks& codex() { return codex_; }
  // Errc::busy: Codex's own compressor runs.
  Result<void> claim_marker(MarkerRules rules);
  // What the ledger remembers and learn() added; empty without a ledger.
  const Known& known() const { return known_; }
  // For the next look, and for the next run.
  void learn(const HeadNews& news);
  // Ends the ledger's run, leaves or removes the marker, gives the store back.
  void release(const RunEnd& end, RunMarker::Success success);

  // --- on any thread

  // Queued for the ledger's thread; dropped without a ledger.
  void record(const Outcome& outcome);
  // Of a rollout whose work begins: known to the next run if this one is killed.
  void record_begun(const std::string& rollout);
  void post_to_ledger(LedgerThread::Work work);
  // For the reader of the run's result.
  void note(std::string line);
  std::vector<std::string> notes() const;

private:
  void open_ledger(const std::string& command);
  void heartbeat();
  void on_signal(int signal);

  Fs& fs_;
  const Clock& clock_;
  Settings settings_;
  Store store_;
  ProcessId self_;
  CodexLocks codex_;
  std::stop_source stop_;
  std::atomic<int> signal_{0};
  bool ended_early_ = false;
  std::function<void()> stopped_;
  mutable std::mutex mutex_; // notes_, marker_, and whether lock_ may be refreshed
  std::vector<std::string> notes_;
  std::optional<RunMarker> marker_;
  std::optional<StoreLock> lock_;
  std::optional<LedgerThread> ledger_;
  Known known_; // the publisher's
  std::int64_t run_id_ = 0;
  Loop loop_;
  ThreadPool publisher_; // last: its tasks use all of the above
};

} // namespace coldpress
