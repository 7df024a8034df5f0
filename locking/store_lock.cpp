#include "locking/store_lock.hpp"

#include "fsutil/text.hpp"
#include "locking/held_file.hpp"
#include "locking/lock_record.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>

namespace coldpress {

namespace {

constexpr std::string_view k_op = "store lock";
constexpr std::string_view k_name = "store.lock";

std::string describe_holder(const LockRecord& record) {
  return fmt::format("held by coldpress (pid {}) on {} since {}, last heartbeat {}",
                     record.process.pid,
                     printable(record.process.host),
                     format_time(record.since),
                     format_time(record.heartbeat));
}

Error busy(const std::string& path, std::vector<std::string> context) {
  return Error{Errc::busy, 0, k_op, path, std::move(context)};
}

struct Contents {
  bool empty = true;
  std::optional<LockRecord> record; // none, and not empty: torn
};

Result<Contents> read_contents(Fs& fs, FileHandle file) {
  TRY_ASSIGN(const std::string text, read_start(fs, file, k_lock_record_bytes));
  return Contents{text.empty(), decode_lock_record(text)};
}

// A status command may be probing the lock at this very moment.
Result<void> lock_past_probes(Fs& fs, const Clock& clock, FileHandle file) {
  constexpr int k_tries = 10;
  auto got = fs.try_lock(file);
  for (int i = 1; i < k_tries && !got && got.error().code == Errc::busy; ++i) {
    clock.sleep(std::chrono::milliseconds{1});
    got = fs.try_lock(file);
  }
  return got;
}

Error refused(Fs& fs, FileHandle file, const std::string& path) {
  std::vector<std::string> context;
  if (const auto found = read_contents(fs, file); found && found->record) {
    context.push_back(describe_holder(*found->record));
  }
  context.emplace_back("wait until that run ends, or stop that process");
  return busy(path, std::move(context));
}

// With the flock granted: may the record be replaced? An error says why not.
Result<void> may_take_over(const Contents& found,
                           const FileStat& stat,
                           const ProcessId& self,
                           const std::string& path,
                           WallTime now,
                           std::chrono::milliseconds stale) {
  if (found.empty) {
    return {};
  }
  if (!found.record) {
    if (now - stat.mtime > stale) {
      return {};
    }
    return Fail(busy(path,
                     {"the record in it cannot be read, so its holder is unknown",
                      fmt::format("try again in {}", format_duration(stale))}));
  }
  const LockRecord& record = *found.record;
  if (record.released || same_boot(record.process, self) ||
      now - record.heartbeat > stale) {
    return {};
  }
  return Fail(busy(path,
                   {describe_holder(record),
                    fmt::format("it is considered gone after {} without a heartbeat",
                                format_duration(stale)),
                    "if that host is gone, run coldpress unlock"}));
}

// A counter that was lost starts again at the seconds of the calendar, which is beyond
// whatever it had been counted up to from 1.
std::uint64_t next_generation(const Contents& found, WallTime now) {
  if (found.record) {
    return found.record->generation + 1;
  }
  if (found.empty) {
    return 1;
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  return static_cast<std::uint64_t>(std::max<std::int64_t>(1, seconds.count()));
}

bool same_tenure(const LockRecord& a, const LockRecord& b) {
  return a.generation == b.generation && a.process == b.process;
}

} // namespace

// All of it but fresh() under one mutex: the loop refreshes while others check.
class StoreLock::Held {
public:
  Held(Fs& fs,
       const Clock& clock,
       std::string path,
       File file,
       LockRecord record,
       Timings timings)
      : fs_(fs), clock_(clock), path_(std::move(path)), file_(std::move(file)),
        timings_(timings), record_(std::move(record)), last_refresh_(clock.boot()) {}

  std::uint64_t generation() const { return record_.generation; }

  Result<void> begin() {
    if (auto written = write_start(fs_, file_.handle(), encode_lock_record(record_));
        !written) {
      Error error = std::move(written.error()).at(path_);
      return Fail(error.code == Errc::no_space
                      ? std::move(error).in("coldpress needs a few hundred KiB on this "
                                            "disk to start; free disk space")
                      : std::move(error));
    }
    TRY(fs_.sync_file(file_.handle()));
    return fs_.sync_dir(parent_dir(path_));
  }

  Result<void> refresh() {
    const std::lock_guard guard(mutex_);
    return renew();
  }

  bool fresh() const { return clock_.boot() - last_refresh_.load() < timings_.give_up(); }

  Result<void> check() {
    const std::lock_guard guard(mutex_);
    if (fresh()) {
      return confirm();
    }
    auto renewed = renew();
    if (!renewed && !lost_) {
      return lose("the heartbeat was not written in time, and since then: " +
                  describe(renewed.error()));
    }
    return renewed;
  }

  void release() {
    if (confirm()) {
      record_.released = true;
      (void)write_start(fs_, file_.handle(), encode_lock_record(record_));
    }
  }

private:
  Result<void> lose(std::string why) {
    lost_ = Error{Errc::lost_lock, 0, k_op, path_, {std::move(why)}};
    return Fail(*lost_);
  }

  // The record by our own handle is ours, and our handle is what the path names.
  Result<void> confirm() {
    if (lost_) {
      return Fail(*lost_);
    }
    TRY_ASSIGN(const bool named, still_named(fs_, file_.handle(), path_));
    if (!named) {
      return lose("the lock file was removed or replaced");
    }
    TRY_ASSIGN(const Contents found, read_contents(fs_, file_.handle()));
    if (!found.record) {
      return lose("the record in it was overwritten");
    }
    if (!same_tenure(*found.record, record_)) {
      return lose("now " + describe_holder(*found.record));
    }
    if (found.record->released) {
      return lose("it was released by coldpress unlock");
    }
    return {};
  }

  Result<void> renew() {
    if (lost_) {
      return Fail(*lost_);
    }
    // A network file system may have dropped the flock: then it is granted again, or
    // somebody has it. While we have it this changes nothing.
    if (auto locked = fs_.try_lock(file_.handle()); !locked) {
      return locked.error().code == Errc::busy ? lose("another process holds it now")
                                               : locked;
    }
    TRY(confirm());
    const BootTime started = clock_.boot(); // before the write: errs to our cost
    record_.heartbeat = clock_.wall();
    TRY(write_start(fs_, file_.handle(), encode_lock_record(record_)));
    last_refresh_ = started;
    return {};
  }

  Fs& fs_;
  const Clock& clock_;
  const std::string path_;
  File file_;
  const Timings timings_;
  std::mutex mutex_;
  LockRecord record_;
  std::atomic<BootTime> last_refresh_; // written under the mutex
  std::optional<Error> lost_;
};

std::string store_lock_path(const std::string& state_dir) {
  return join_path(state_dir, k_name);
}

StoreLock::StoreLock(std::unique_ptr<Held> held) : held_(std::move(held)) {}
StoreLock::StoreLock(StoreLock&&) noexcept = default;

StoreLock::~StoreLock() {
  if (held_) {
    held_->release();
  }
}

Result<StoreLock> StoreLock::try_acquire(Fs& fs,
                                         const Clock& clock,
                                         const ProcessId& self,
                                         const std::string& state_dir,
                                         Timings timings) {
  TRY_ASSIGN(const std::string dir, fs.real_path(state_dir));
  const std::string path = store_lock_path(dir);
  TRY_ASSIGN(const FileHandle handle, fs.open_lock(path, Create::yes));
  File file(fs, handle);
  if (auto locked = lock_past_probes(fs, clock, handle); !locked) {
    if (locked.error().code == Errc::busy) {
      return Fail(refused(fs, handle, path));
    }
    return Fail(std::move(locked.error()).in("the store cannot be locked here"));
  }
  TRY_ASSIGN(const bool named, still_named(fs, handle, path));
  if (!named) {
    return Fail(busy(path, {"replaced while the lock was taken; try again"}));
  }
  TRY_ASSIGN(const FileStat stat, fs.stat(handle));
  TRY_ASSIGN(const Contents found, read_contents(fs, handle));
  const WallTime now = clock.wall();
  TRY(may_take_over(found, stat, self, path, now, timings.stale));

  const LockRecord record{self, next_generation(found, now), now, now, false};
  if (!decode_lock_record(encode_lock_record(record))) {
    return Fail(Error{Errc::invalid, 0, k_op, path, {"the host name is too long"}});
  }
  StoreLock lock(
      std::make_unique<Held>(fs, clock, path, std::move(file), record, timings));
  TRY(lock.held_->begin());
  return lock;
}

Result<void> StoreLock::refresh() {
  return held_->refresh();
}
Result<void> StoreLock::check() {
  return held_->check();
}
bool StoreLock::fresh() const {
  return held_->fresh();
}
std::uint64_t StoreLock::generation() const {
  return held_->generation();
}

Result<std::optional<StoreLockHolder>> peek_store_lock(Fs& fs,
                                                       const std::string& state_dir) {
  using Found = std::optional<StoreLockHolder>;
  auto handle = open_existing(fs, store_lock_path(state_dir));
  if (!handle) {
    if (handle.error().code == Errc::not_found) {
      return Found();
    }
    return Fail(std::move(handle.error()));
  }
  const File file(fs, *handle);
  TRY_ASSIGN(const FileStat stat, fs.stat(file.handle()));
  TRY_ASSIGN(const Contents found, read_contents(fs, file.handle()));
  if (found.empty) {
    return Found();
  }
  StoreLockHolder holder;
  holder.heartbeat = stat.mtime;
  if (found.record) {
    holder = {found.record->process,
              found.record->generation,
              found.record->since,
              found.record->heartbeat,
              found.record->released,
              false};
  }
  TRY_ASSIGN(holder.locked, is_locked(fs, file.handle()));
  return Found(holder);
}

Result<void> release_store_lock(Fs& fs, const std::string& state_dir) {
  const std::string path = store_lock_path(state_dir);
  auto handle = fs.open_lock(path, Create::no);
  if (!handle) {
    if (handle.error().code == Errc::not_found) {
      return {};
    }
    return Fail(std::move(handle.error()));
  }
  const File file(fs, *handle);
  if (auto locked = fs.try_lock(file.handle()); !locked) {
    if (locked.error().code == Errc::busy) {
      return Fail(refused(fs, file.handle(), path));
    }
    return locked;
  }
  TRY_ASSIGN(Contents found, read_contents(fs, file.handle()));
  if (!found.record) {
    // Nothing to mark: old enough to be taken over, with a generation beyond all others.
    return found.empty ? Result<void>() : fs.set_mtime(file.handle(), WallTime{});
  }
  found.record->released = true;
  return write_start(fs, file.handle(), encode_lock_record(*found.record));
}

} // namespace coldpress
