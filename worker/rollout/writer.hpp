#pragma once

#include "locking/thread_lock.hpp"
#include "worker/rollout/append_state.hpp"
#include "worker/rollout/appended_lines.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <tuple>

namespace coldpress {

// When what was written is made durable.
enum class SyncPolicy : std::uint8_t { none, batch, record };

// What one flush() has written.
struct AppendReport {
  std::uint64_t appended = 0; // records, each on a line of its own
  std::optional<std::uint64_t> first_ordinal;
  std::optional<std::uint64_t> last_ordinal;
  bool repaired_tail = false; // a newline closed a line that had none
  // Half records of ours that a failed write left, closed by a newline; and of these, how
  // many share their line with what another program wrote directly behind.
  std::uint64_t torn = 0;
  std::uint64_t shared_lines = 0;

  void count(std::optional<std::uint64_t> ordinal) {
    appended += 1;
    first_ordinal = first_ordinal ? first_ordinal : ordinal;
    last_ordinal = ordinal ? ordinal : last_ordinal;
  }
};

struct WriterOptions {
  SyncPolicy sync = SyncPolicy::batch;
  std::uint64_t min_free = 0; // bytes that stay free when a .zst is made plain
  // Called once for each distinct cause (kind, errno and call) of a failed write.
  std::function<void(const Error&)> failed{};
  // Sees every batch that flush() or persist() has brought into the file, once and in
  // order, after it was synced by the policy; also what was written before a failure.
  // Must not call the writer. Between two batches bytes are missing where the file was
  // replaced (compressed and made plain again), or where more than k_longest_batch came
  // at once: their offsets tell.
  std::function<void(const AppendedLines&)> appended{};
};

inline constexpr std::size_t k_longest_batch = std::size_t{64} << 20U;

// Errc::invalid: it is not one JSON object on one line, and so no record.
Result<void> check_record(std::string_view record);

// Appends records to one rollout. It only ever appends: it never truncates, never writes
// at an offset, and takes nobody's word for the end of the file, so that what another
// process appends meanwhile stays. Each record is one write(2), whole and with its
// newline; a line that has none, of whoever, is closed first. Before each record all that
// was appended since is read, and the ordinal counted from that.
//
// Records wait in a queue, in order, until they are in the file: a failed write loses
// none, and the next flush() opens the file again. One thread at a time.
class RolloutWriter {
public:
  // The rollout at `path`, by either name; a .zst is made plain first. `lock` is held by
  // the caller and outlives this. Without one (null) only a legacy plain rollout can be
  // had, for single records beside a live writer: metadata.
  // Reads the file once, whole. Errc::not_found; Errc::unsupported: no session_meta
  // begins it, it is an empty file that hides a .zst, or it needs the lock.
  static Result<RolloutWriter> open(Fs& fs,
                                    const Clock& clock,
                                    CodexLocks& codex,
                                    const ThreadLock* lock,
                                    const std::string& path,
                                    WriterOptions options);

  // A rollout that is not there yet: nothing is on disk, no folder either, before
  // persist().
  static RolloutWriter create(Fs& fs,
                              const Clock& clock,
                              const ThreadLock& lock,
                              const std::string& path,
                              WriterOptions options);

  // Of the plain form, whatever name it was opened by.
  const std::string& path() const { return path_; }
  bool saved() const { return saved_; }
  std::size_t queued() const { return queue_.size(); }

  // From here on `appended` is called as WriterOptions::appended says; empty: nobody is.
  void observe(std::function<void(const AppendedLines&)> appended);

  // Queues one record. Errors: as check_record().
  // Without ordinal; where it has one, flush() refuses it unless it is the next.
  Result<void> append(std::string_view record);

  // Makes a rollout that was created: with all that is queued, durable, in one step; the
  // first record must be the session_meta of this thread. Nothing queued: nothing is
  // made. Again: nothing more than flush(). Errc::exists: the name is taken.
  Result<AppendReport> persist();

  // Writes what is queued, and syncs by the policy. On an error `done` says what was
  // written before it; the rest stays queued. The first of it may stand in the file
  // already, whole but for its newline, which the next flush() then adds: who goes on
  // with another writer instead looks what the last record is. Errc::no_space and
  // Errc::io: call again later. Errc::invalid: the first of what is queued has an ordinal
  // of its own that is not the next, and is dropped. Errc::lost_lock: the
  // thread is no longer ours to write. Errc::changed: the file was cut, or another one
  // has its name now, or none; what `done` counts is in the one that had it, and the next
  // flush() goes on in the one that has it then. Errc::unsupported: the ordinals of the
  // file do not say which is next. A rollout that was created and not persisted only
  // keeps its queue.
  Result<void> flush(AppendReport& done);

private:
  RolloutWriter(Fs& fs,
                const Clock& clock,
                const ThreadLock* lock,
                std::string path,
                WriterOptions options);
  Result<File> open_named();
  Result<void> reopen();
  Result<void> learn_mode();
  Result<void> catch_up(std::string* seen = nullptr);
  Result<void> write_first(AppendReport& done);
  Result<void> sync();
  Result<std::string> first_text(AppendReport& done);
  enum class Landed : std::uint8_t { on_its_own_line, spliced, in_part };
  Result<Landed> write_line(const std::string& line, AppendReport& done);
  Result<std::size_t> put(std::string_view text);
  void look_behind_tail(std::byte next);
  void finish_first(AppendReport& done, std::optional<std::uint64_t> ordinal);
  Error reported(Error error);
  Result<void> write_queue(AppendReport& done);
  Result<void> check_name();
  void keep_for_observer(std::string_view text);
  void hand_on();

  Fs* fs_;
  const Clock* clock_;
  const ThreadLock* lock_;
  std::string path_;
  WriterOptions options_;
  bool saved_ = true;
  bool unsynced_ = false;
  bool name_synced_ = false;
  File file_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
  HistoryMode mode_ = HistoryMode::legacy;
  AppendState state_;
  std::deque<std::string> queue_;
  // What of ours stands at the end of the file, where a write was cut short.
  enum class Tail : std::uint8_t {
    nothing,
    half,     // of a record
    unclosed, // the first of the queue, whole but for its newline
    closed,   // the same, and a newline has come behind it
  };
  Tail tail_ = Tail::nothing;
  std::optional<std::uint64_t> tail_ordinal_; // of that record
  std::uint64_t shared_lines_ = 0;
  std::set<std::tuple<Errc, int, std::string>> causes_;
  // For the observer: what has come and was not handed on, and where it begins; nothing
  // before the file was opened and read.
  std::string come_;
  std::optional<std::uint64_t> come_at_;
};

// Where Codex would put a thread that begins at that time.
std::string
new_rollout_path(const std::string& home, WallTime when, const std::string& thread_id);

} // namespace coldpress
