#include "worker/catalog/ledger_thread.hpp"

#include "fsutil/start_thread.hpp"

#include <exception>
#include <utility>

namespace coldpress {

LedgerThread::LedgerThread(Ledger ledger) : ledger_(std::move(ledger)) {}

Result<void> LedgerThread::start() {
  TRY_ASSIGN(thread_, start_thread([this] { run(); }));
  return {};
}

LedgerThread::~LedgerThread() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  posted_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void LedgerThread::post(Work work) {
  {
    const std::lock_guard hold(mutex_);
    queue_.push_back(std::move(work));
    ++posted_count_;
  }
  posted_.notify_one();
}

void LedgerThread::flush() {
  std::unique_lock hold(mutex_);
  const std::size_t until = posted_count_;
  done_.wait(hold, [this, until] { return done_count_ >= until; });
}

std::optional<Error> LedgerThread::first_error() const {
  const std::lock_guard hold(mutex_);
  return first_error_;
}

void LedgerThread::run() {
  for (;;) {
    std::vector<Work> batch;
    {
      std::unique_lock hold(mutex_);
      posted_.wait(hold, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) {
        return;
      }
      batch.swap(queue_);
    }
    try {
      run_batch(batch);
    } catch (const std::exception& error) { // of memory, for one: undone like any failure
      keep(Error{Errc::io, 0, "ledger", {}, {error.what()}});
    }
    {
      const std::lock_guard hold(mutex_);
      done_count_ += batch.size();
    }
    done_.notify_all();
  }
}

void LedgerThread::run_batch(const std::vector<Work>& batch) {
  auto committed = ledger_.in_transaction([this, &batch](Ledger& ledger) -> Result<void> {
    for (const Work& work : batch) {
      if (auto done = ledger.in_transaction(work); !done) {
        keep(std::move(done.error()));
      }
    }
    return {};
  });
  if (!committed) {
    keep(std::move(committed.error()));
  }
}

void LedgerThread::keep(Error error) {
  const std::lock_guard hold(mutex_);
  if (!first_error_) {
    first_error_ = std::move(error);
  }
}

} // namespace coldpress
