#include "worker/index/index_update.hpp"

#include "fsutil/text.hpp"
#include "worker/catalog/index_reader.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace coldpress {

namespace {

constexpr std::chrono::milliseconds k_progress_interval{200};
// A transaction is as long as this, or as many bytes: another writer may have to wait.
constexpr std::chrono::milliseconds k_longest_transaction{1000};
constexpr std::uint64_t k_transaction_bytes = std::uint64_t{64} << 20U;

class Update {
public:
  Update(Fs& fs,
         const Clock& clock,
         const Store& store,
         Index& index,
         const IndexUpdateRules& rules)
      : fs_(fs), clock_(clock), store_(store), index_(index), rules_(rules) {}

  Result<IndexReport> run() {
    const BootTime begun = clock_.boot();
    TRY(index_.begin());
    TRY_ASSIGN(IndexWork work, find_index_work(fs_, clock_, store_, index_, rules_.look));
    jobs_ = std::move(work.jobs);
    progress_.files_total = jobs_.size();
    for (const IndexJob& job : jobs_) {
      progress_.bytes_total += job.found.stat.size;
    }
    TRY_ASSIGN(report_.rollouts, index_.rollout_count());
    report_.removed = work.removed;
    report_.problems = std::move(work.problems);
    TRY(read_all());
    // Not before: until then what is new in them is not in the index.
    if (work.dirs && !report_.stopped) {
      TRY(index_.remember_dirs(*work.dirs));
    }
    TRY(index_.commit());
    if (report_.removed > 0) {
      TRY(index_.scrub());
    }
    report_.seconds = std::chrono::duration<double>(clock_.boot() - begun).count();
    return std::move(report_);
  }

private:
  Result<void> read_all() {
    if (jobs_.empty()) {
      return {};
    }
    if (rules_.stop.stop_requested()) { // or all could be read before anybody looks
      report_.stopped = true;
      return {};
    }
    ThreadPool pool("cp-index",
                    std::min(rules_.threads, jobs_.size()),
                    rules_.priority,
                    [this](const std::exception_ptr& thrown) {
                      const std::lock_guard hold(mutex_);
                      thrown_ = thrown;
                      done_.notify_all();
                    });
    TRY_ASSIGN(const std::size_t threads, pool.start());
    running_ = threads;
    transaction_begun_ = clock_.boot();
    for (std::size_t i = 0; i < threads; ++i) {
      pool.post([this] { work(); });
    }
    std::unique_lock hold(mutex_);
    while (running_ > 0 && !thrown_) {
      done_.wait_for(hold, k_progress_interval);
      if (rules_.stop.stop_requested()) {
        report_.stopped = true;
        stop_.request_stop();
      }
      if (rules_.progress) {
        const Progress now = progress_;
        hold.unlock();
        rules_.progress(now);
        hold.lock();
      }
    }
    hold.unlock();
    pool.stop();
    if (thrown_) {
      std::rethrow_exception(thrown_);
    }
    return failed_ ? Result<void>(Fail(std::move(*failed_))) : Result<void>();
  }

  void work() {
    std::unique_lock hold(mutex_);
    while (next_ < jobs_.size() && !failed_ && !stop_.stop_requested()) {
      IndexJob job = std::move(jobs_[next_++]);
      progress_.current = job.found.path();
      auto checkpoint = index_.checkpoint(job.known.id);
      if (!checkpoint) {
        failed_ = std::move(checkpoint.error());
        break;
      }
      job.checkpoint = std::move(*checkpoint);
      hold.unlock();
      auto ended = read(job);
      hold.lock();
      finish(job, std::move(ended));
    }
    running_ -= 1;
    done_.notify_all();
  }

  Result<IndexRead> read(const IndexJob& job) {
    IndexReadRules rules{store_.home};
    rules.stop = stop_.get_token();
    rules.progress = [this](std::uint64_t bytes) {
      const std::lock_guard hold(mutex_);
      report_.bytes += bytes;
    };
    return read_for_index(fs_, clock_, job, rules, [this](IndexBatch batch) {
      const std::lock_guard hold(mutex_);
      return put(std::move(batch));
    });
  }

  // An error of the index ends the update; one of the rollout is noted.
  Result<void> put(IndexBatch batch) {
    const std::uint64_t bytes = batch.offset; // at least what it took
    auto applied = index_.apply(std::move(batch));
    if (!applied) {
      fail(applied.error());
      return applied;
    }
    waiting_bytes_ += bytes;
    auto renewed = renew_transaction();
    if (!renewed) {
      fail(renewed.error());
    }
    return renewed;
  }

  void fail(const Error& error) {
    if (!failed_) {
      failed_ = error;
      stop_.request_stop();
    }
  }

  void finish(const IndexJob& job, Result<IndexRead> ended) {
    if (failed_ || (ended && *ended == IndexRead::stopped)) {
      return;
    }
    const bool gone = !ended && ended.error().code == Errc::not_found;
    const std::string problem = ended || gone ? "" : describe(ended.error());
    if (!problem.empty()) {
      report_.problems.push_back(problem);
    }
    // The file as the walk saw it: if it has grown since, the next walk sees another.
    auto saw = index_.saw(job.known.id, job.found, problem);
    if (!saw) {
      fail(saw.error());
      return;
    }
    report_.read += ended && *ended == IndexRead::same ? 0 : 1;
    progress_.files_done += 1;
    progress_.bytes_done += job.found.stat.size;
    if (auto renewed = renew_transaction(); !renewed) {
      fail(renewed.error());
    }
  }

  Result<void> renew_transaction() {
    const BootTime now = clock_.boot();
    if (now - transaction_begun_ < k_longest_transaction &&
        waiting_bytes_ < k_transaction_bytes) {
      return {};
    }
    transaction_begun_ = now;
    waiting_bytes_ = 0;
    TRY(index_.commit());
    return index_.begin();
  }

  Fs& fs_;
  const Clock& clock_;
  const Store& store_;
  Index& index_;
  const IndexUpdateRules& rules_;
  std::stop_source stop_;
  IndexReport report_;
  std::vector<IndexJob> jobs_;

  std::mutex mutex_; // all below, the index and the report
  std::condition_variable done_;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  Progress progress_;
  BootTime transaction_begun_{};
  std::uint64_t waiting_bytes_ = 0;
  std::optional<Error> failed_;
  std::exception_ptr thrown_;
};

} // namespace

std::string index_path(const Store& store) {
  return join_path(store.state_dir, "index.sqlite");
}

std::string index_lock_path(const Store& store) {
  return join_path(store.state_dir, "index.lock");
}

Result<File> lock_index(Fs& fs, const Store& store) {
  TRY(make_dirs(fs, store.state_dir, 0700));
  const std::string path = index_lock_path(store);
  TRY_ASSIGN(const FileHandle handle, fs.open_lock(path, Create::yes));
  File file(fs, handle);
  if (auto locked = fs.try_lock(handle); !locked) {
    Error error = std::move(locked.error());
    if (error.code == Errc::busy) {
      error.context.emplace_back("another coldpress is writing the index");
    }
    return Fail(std::move(error).at(path));
  }
  return file;
}

Result<IndexReport> update_index(Fs& fs,
                                 const Clock& clock,
                                 const Store& store,
                                 Index& index,
                                 const IndexUpdateRules& rules) {
  return Update(fs, clock, store, index, rules).run();
}

Result<IndexReport> refresh_index(Fs& fs,
                                  const Clock& clock,
                                  const Store& store,
                                  const IndexUpdateRules& rules) {
  TRY_ASSIGN(const File lock, lock_index(fs, store));
  const std::string path = index_path(store);
  TRY_ASSIGN(auto opened, Index::open_or_create(path, clock.wall()));
  auto report = update_index(fs, clock, store, opened.index, rules);
  std::string aside = std::move(opened.set_aside);
  if (!report && report.error().code == Errc::corrupt && aside.empty()) {
    // Damage shows where it is met, not at the opening.
    TRY_ASSIGN(aside,
               Index::set_aside_damaged(std::move(opened.index), path, clock.wall()));
    TRY_ASSIGN(auto fresh, Index::open_or_create(path, clock.wall()));
    report = update_index(fs, clock, store, fresh.index, rules);
  }
  if (report) {
    report->set_aside = std::move(aside);
  }
  return report;
}

} // namespace coldpress
