#include "worker/rollout/writer.hpp"

#include "fsutil/file_stamp.hpp"
#include "fsutil/temp_file.hpp"
#include "worker/rollout/head.hpp"
#include "worker/rollout/line_reader.hpp"
#include "worker/rollout/materialization.hpp"
#include "worker/rollout/name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace coldpress {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t k_piece = std::size_t{256} << 10U;
constexpr int k_opens = 200;
constexpr std::chrono::nanoseconds k_between_opens = 10ms;
constexpr int k_writes = 16; // of one record, cut short without an error

Error failure(Errc code, const std::string& path, std::string why) {
  return {code, 0, "append", path, {std::move(why)}};
}

Result<void> make_plain(Fs& fs,
                        CodexLocks& codex,
                        const std::string& compressed,
                        std::uint64_t min_free) {
  Materialization work(fs, compressed, min_free);
  TRY(work.prepare());
  auto done = work.publish([&codex] { return codex.try_coordination(2s); });
  const bool lost_race = !done && done.error().code == Errc::exists;
  return lost_race ? Result<void>() : done; // the plain file wins, whoever made it
}

} // namespace

RolloutWriter::RolloutWriter(Fs& fs,
                             const Clock& clock,
                             const ThreadLock* lock,
                             std::string path,
                             WriterOptions options)
    : fs_(&fs), clock_(&clock), lock_(lock), path_(std::move(path)),
      options_(std::move(options)) {}

Result<RolloutWriter> RolloutWriter::open(Fs& fs,
                                          const Clock& clock,
                                          CodexLocks& codex,
                                          const ThreadLock* lock,
                                          const std::string& path,
                                          WriterOptions options) {
  RolloutWriter writer(fs, clock, lock, plain_name(path), std::move(options));
  const std::string compressed = compressed_name(writer.path_);
  const auto plain = fs.lstat(writer.path_);
  if (!plain && plain.error().code != Errc::not_found) {
    return Fail(plain.error());
  }
  if (!plain) {
    if (lock == nullptr) {
      TRY(fs.lstat(compressed));
      return Fail(failure(
          Errc::unsupported,
          compressed,
          "only the holder of its thread's lock may write to a compressed rollout"));
    }
    TRY(make_plain(fs, codex, compressed, writer.options_.min_free));
  } else if (plain->size == 0 && fs.lstat(compressed)) {
    return Fail(failure(Errc::unsupported,
                        writer.path_,
                        "an empty file that hides the .zst beside it; remove it, or let "
                        "coldpress run repair it"));
  }
  TRY(writer.reopen());
  return writer;
}

Error RolloutWriter::reported(Error error) {
  (void)std::move(error).at(path_);
  const auto cause = std::tuple(error.code, error.sys, std::string(error.op));
  if (options_.failed && causes_.insert(cause).second) {
    options_.failed(error);
  }
  return error;
}

// The file that has the name. While coldpress asks with a lease whether anybody writes,
// or puts the file aside for a moment, it is not to be had.
Result<File> RolloutWriter::open_named() {
  for (int left = k_opens; left > 0; --left) {
    auto handle = fs_->open_append(path_);
    if (handle) {
      File file(*fs_, *handle);
      TRY_ASSIGN(const FileStat stat, fs_->stat(*handle));
      const auto named = fs_->lstat(path_);
      if (named && FileStamp::of(stat).same_inode(*named)) {
        return file;
      }
    } else if (handle.error().code != Errc::busy) {
      return Fail(std::move(handle.error()));
    }
    clock_->sleep(k_between_opens);
  }
  return Fail(
      failure(Errc::busy, path_, "it keeps being compressed or restored; try again"));
}

Result<void> RolloutWriter::reopen() {
  auto opened = open_named();
  if (!opened) {
    return Fail(reported(std::move(opened.error())));
  }
  file_ = std::move(*opened);
  TRY_ASSIGN(const FileStat stat, fs_->stat(file_.handle()));
  if (stat.device != device_ || stat.inode != inode_) {
    TRY(learn_mode());
    const bool only_end = mode_ == HistoryMode::legacy && stat.size > 0;
    state_ = AppendState(only_end ? stat.size - 1 : 0);
    name_synced_ = false;
    device_ = stat.device;
    inode_ = stat.inode;
    tail_ = Tail::nothing;
    come_.clear();
    come_at_.reset();
    TRY(catch_up()); // what was there before is not for the observer
    come_at_ = state_.size();
    return {};
  }
  return catch_up();
}

void RolloutWriter::observe(std::function<void(const AppendedLines&)> appended) {
  options_.appended = std::move(appended);
  come_.clear();
  if (come_at_) {
    come_at_ = state_.size();
  }
}

void RolloutWriter::keep_for_observer(std::string_view text) {
  if (!options_.appended || !come_at_) {
    return;
  }
  if (come_.size() + text.size() > k_longest_batch) {
    come_.clear();
    come_at_ = state_.size();
    return;
  }
  come_ += text;
}

// Whole lines only: the rest of the last one may be another program's, and still come.
void RolloutWriter::hand_on() {
  const std::size_t whole = come_.rfind('\n') + 1; // 0 if there is none
  if (whole > 0) {
    options_.appended({*come_at_, std::string_view(come_).substr(0, whole)});
    come_.erase(0, whole);
    *come_at_ += whole;
  }
}

Result<void> RolloutWriter::learn_mode() {
  TRY_ASSIGN(RolloutReader reader,
             RolloutReader::over(*fs_, file_.handle(), path_, Form::plain));
  LineReader lines(std::move(reader), k_longest_first_line);
  for (;;) {
    TRY_ASSIGN(const auto line, lines.next());
    if (line && scan_line(line->text, line->newline).state == LineState::blank) {
      continue;
    }
    const auto head = line ? parse_head(line->text) : std::nullopt;
    if (!head) {
      return Fail(failure(Errc::unsupported,
                          path_,
                          "its first record is not the session_meta of a thread"));
    }
    mode_ = history_mode(line->text);
    if (lock_ != nullptr && lock_->thread_id() != head->thread_id) {
      return Fail(failure(Errc::invalid,
                          path_,
                          "the lock belongs to another thread: " + head->thread_id));
    }
    if (lock_ == nullptr && mode_ == HistoryMode::paginated) {
      return Fail(failure(
          Errc::unsupported,
          path_,
          "only the holder of its thread's lock may write to a paginated rollout"));
    }
    return {};
  }
}

// Reads what was appended since, by whoever; adds it to `seen`.
Result<void> RolloutWriter::catch_up(std::string* seen) {
  TRY_ASSIGN(const FileStat now, fs_->stat(file_.handle()));
  const bool shorter = now.size < state_.size();
  if (shorter || now.links == 0) {
    file_.reset();
    inode_ = 0;
    return Fail(reported(failure(
        Errc::changed, path_, shorter ? "became shorter" : "was removed or replaced")));
  }
  std::vector<std::byte> piece;
  while (state_.size() < now.size) {
    piece.resize(std::min<std::uint64_t>(k_piece, now.size - state_.size()));
    TRY_ASSIGN(const std::size_t got, fs_->read_at(file_.handle(), piece, state_.size()));
    if (got < piece.size()) {
      return Fail(reported(failure(Errc::changed, path_, "became shorter")));
    }
    look_behind_tail(piece.front());
    state_.feed(piece);
    keep_for_observer({reinterpret_cast<const char*>(piece.data()), piece.size()});
    if (seen != nullptr) {
      seen->append(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
  }
  return {};
}

Result<void> check_record(std::string_view record) {
  if (record.find('\n') != std::string_view::npos ||
      scan_line(record, true).state != LineState::record) {
    return Fail(failure(Errc::invalid, {}, "a record is one JSON object on one line"));
  }
  return {};
}

Result<void> RolloutWriter::append(std::string_view record) {
  if (auto checked = check_record(record); !checked) {
    return Fail(std::move(checked.error()).at(path_));
  }
  queue_.emplace_back(record);
  return {};
}

// The byte that has come behind what of ours ended the file.
void RolloutWriter::look_behind_tail(std::byte next) {
  const bool newline = next == std::byte{'\n'};
  shared_lines_ += tail_ != Tail::nothing && tail_ != Tail::closed && !newline ? 1 : 0;
  if (tail_ != Tail::closed) {
    tail_ = tail_ == Tail::unclosed && newline ? Tail::closed : Tail::nothing;
  }
}

Result<std::size_t> RolloutWriter::put(std::string_view text) {
  auto count = fs_->append(file_.handle(), std::as_bytes(std::span(text)));
  if (!count) {
    file_.reset();
    return Fail(reported(std::move(count.error())));
  }
  return count;
}

Result<RolloutWriter::Landed> RolloutWriter::write_line(const std::string& line,
                                                        AppendReport& done) {
  const bool closes = state_.mid_line();
  const std::string text = (closes ? "\n" : "") + line;
  TRY_ASSIGN(const std::size_t count, put(text));
  std::string seen;
  TRY(catch_up(&seen));
  done.repaired_tail = done.repaired_tail || closes;
  const std::string part = text.substr(0, count);
  const std::size_t at = seen.find(part);
  if (at == std::string::npos) {
    return Fail(reported(
        failure(Errc::changed, path_, "the data that was written is not in the file")));
  }
  const bool own_line = closes || at == 0 || seen[at - 1] == '\n';
  if (count == text.size()) {
    return own_line ? Landed::on_its_own_line : Landed::spliced;
  }
  const std::size_t behind = at + count;
  const bool only_newline = count + 1 == text.size() && own_line;
  if (only_newline && behind < seen.size() && seen[behind] == '\n') {
    return Landed::on_its_own_line;
  }
  if (count > (closes ? 1U : 0U)) {
    tail_ = only_newline ? Tail::unclosed : Tail::half;
    done.torn += only_newline ? 0 : 1;
    if (behind < seen.size()) {
      look_behind_tail(static_cast<std::byte>(seen[behind]));
    }
  }
  return Landed::in_part;
}

void RolloutWriter::finish_first(AppendReport& done,
                                 std::optional<std::uint64_t> ordinal) {
  queue_.pop_front();
  unsynced_ = true;
  done.count(ordinal);
}

Result<void> RolloutWriter::write_first(AppendReport& done) {
  for (int left = k_writes; left > 0; --left) {
    if (tail_ == Tail::unclosed) {
      TRY(put("\n"));
      TRY(catch_up());
    }
    if (tail_ == Tail::closed) {
      tail_ = Tail::nothing;
      finish_first(done, tail_ordinal_);
      return {};
    }
    auto line = next_line(queue_.front(), mode_, state_);
    if (!line) {
      if (line.error().code == Errc::invalid) {
        queue_.pop_front(); // it never can be written
      }
      return Fail(reported(std::move(line.error())));
    }
    tail_ordinal_ = line->ordinal;
    TRY_ASSIGN(const Landed landed, write_line(line->text, done));
    if (landed == Landed::on_its_own_line) {
      finish_first(done, line->ordinal);
      return {};
    }
  }
  file_.reset();
  return Fail(reported(failure(
      Errc::io, path_, fmt::format("a record was written in part, {} times", k_writes))));
}

// Bytes are no use under a name that a power cut takes: who made the file plain may not
// have synced its folder.
Result<void> RolloutWriter::sync() {
  auto synced = fs_->sync_file(file_.handle());
  if (synced && !name_synced_) {
    synced = fs_->sync_dir(parent_dir(path_));
    name_synced_ = synced.has_value();
  }
  if (!synced) {
    return Fail(reported(std::move(synced.error())));
  }
  unsynced_ = false;
  return {};
}

Result<void> RolloutWriter::flush(AppendReport& done) {
  if (!saved_) {
    return {};
  }
  if (lock_ != nullptr) {
    TRY(lock_->check());
  }
  if (!file_) {
    TRY(reopen());
  }
  TRY(check_name());
  auto written = write_queue(done);
  hand_on();
  return written ? check_name() : written;
}

// Whoever moves the file away takes what is appended to it out of the rollout.
Result<void> RolloutWriter::check_name() {
  const auto named = fs_->lstat(path_);
  if (named && named->device == device_ && named->inode == inode_) {
    return {};
  }
  if (!named && named.error().code != Errc::not_found) {
    return Fail(reported(named.error()));
  }
  file_.reset();
  inode_ = 0;
  return Fail(reported(failure(Errc::changed,
                               path_,
                               "the file was moved or replaced; what was appended "
                               "before is in the one that had this name")));
}

Result<void> RolloutWriter::write_queue(AppendReport& done) {
  if (options_.appended) { // what others wrote, too
    TRY(catch_up());
  }
  while (!queue_.empty()) {
    TRY(catch_up());
    auto written = write_first(done);
    done.shared_lines += std::exchange(shared_lines_, 0);
    TRY(std::move(written));
    if (options_.sync == SyncPolicy::record) {
      TRY(sync());
    }
  }
  if (unsynced_ && options_.sync == SyncPolicy::batch) {
    TRY(sync());
  }
  return {};
}

} // namespace coldpress
