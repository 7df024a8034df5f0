#pragma once

#include "worker/catalog/ledger.hpp"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace coldpress {

// Owns a Ledger and the one thread that touches it. post() from any thread; work runs in
// the order it was posted, what has gathered meanwhile in one transaction.
//
// Errors never stop the rest: work that fails is undone alone, the first error is kept
// and all are counted. If a transaction cannot begin or be committed, its work is lost
// (the ledger is a cache) and counts as one error; work of one that could not begin is
// dropped without being called.
class LedgerThread {
public:
  using Work = std::function<Result<void>(Ledger&)>;

  explicit LedgerThread(Ledger ledger);
  // What was posted before waits for it. An error: there is no thread, do not flush().
  Result<void> start();
  LedgerThread(const LedgerThread&) = delete;
  LedgerThread& operator=(const LedgerThread&) = delete;
  // Finishes what was posted, then joins. Nothing may be posted any more.
  ~LedgerThread();

  // Never blocks on the disk. `work` runs on the ledger's thread, must not call
  // back into this object. What it throws counts as an error of all that it ran with.
  void post(Work work);

  // Waits until all that was posted before is done: committed, or undone.
  void flush();

  std::optional<Error> first_error() const;

private:
  void run();
  void run_batch(const std::vector<Work>& batch);
  void keep(Error error);

  Ledger ledger_; // the thread's alone
  mutable std::mutex mutex_;
  std::condition_variable posted_;
  std::condition_variable done_;
  std::vector<Work> queue_;
  std::size_t posted_count_ = 0;
  std::size_t done_count_ = 0;
  bool stopping_ = false;
  std::optional<Error> first_error_;
  std::thread thread_; // last: starts when all the rest stands
};

} // namespace coldpress
