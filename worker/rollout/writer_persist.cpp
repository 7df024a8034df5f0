// A rollout that is not on disk before it is asked for.
#include "fsutil/temp_file.hpp"
#include "worker/rollout/head.hpp"
#include "worker/rollout/name.hpp"
#include "worker/rollout/writer.hpp"

#include <utility>

namespace coldpress {

namespace {

constexpr int k_levels = 4; // sessions/YYYY/MM/DD
constexpr std::uint32_t k_dir_mode = 0777;

Error failure(Errc code, const std::string& path, std::string why) {
  return {code, 0, "persist", path, {std::move(why)}};
}

} // namespace

RolloutWriter RolloutWriter::create(Fs& fs,
                                    const Clock& clock,
                                    const ThreadLock& lock,
                                    const std::string& path,
                                    WriterOptions options) {
  RolloutWriter writer(fs, clock, &lock, plain_name(path), std::move(options));
  writer.saved_ = false;
  return writer;
}

// All that is queued, as the beginning of a rollout.
Result<std::string> RolloutWriter::first_text(AppendReport& done) {
  const auto head = parse_head(queue_.front());
  if (!head || head->thread_id != lock_->thread_id()) {
    return Fail(
        failure(Errc::invalid,
                path_,
                "the first record of a new rollout is the session_meta of thread " +
                    lock_->thread_id()));
  }
  mode_ = history_mode(queue_.front());
  AppendState state;
  std::string text;
  for (const std::string& record : queue_) {
    TRY_ASSIGN(const NextLine line, next_line(record, mode_, state));
    state.feed(std::as_bytes(std::span(line.text)));
    text += line.text;
    done.count(line.ordinal);
  }
  return text;
}

Result<AppendReport> RolloutWriter::persist() {
  AppendReport done;
  if (saved_ || queue_.empty()) {
    TRY(flush(done));
    return done;
  }
  TRY(lock_->check());
  for (const std::string& name : {path_, compressed_name(path_)}) {
    if (fs_->lstat(name)) {
      return Fail(failure(Errc::exists, name, "the rollout already exists"));
    }
  }
  TRY_ASSIGN(const std::string text, first_text(done));
  TRY(make_dirs(*fs_, parent_dir(path_), k_dir_mode));
  {
    TRY_ASSIGN(TempFile temp,
               TempFile::create_beside(*fs_, path_, TempFile::Naming::named));
    TRY(fs_->write_at(temp.handle(), std::as_bytes(std::span(text)), 0));
    TRY(fs_->sync_file(temp.handle()));
    TRY(temp.commit_new());
    saved_ = true;
    queue_.clear();
    TRY(fs_->sync_file(temp.handle()));
  }
  std::string dir = parent_dir(path_);
  for (int level = 0; level < k_levels; ++level, dir = parent_dir(dir)) {
    TRY(fs_->sync_dir(dir));
  }
  TRY(reopen());
  if (options_.appended) {
    options_.appended({0, text});
  }
  return done;
}

std::string
new_rollout_path(const std::string& home, WallTime when, const std::string& thread_id) {
  const std::string now = local_stamp(when);
  const std::string day =
      now.substr(0, 4) + "/" + now.substr(5, 2) + "/" + now.substr(8, 2);
  return join_path(home,
                   "sessions/" + day + "/rollout-" + now + "-" + thread_id + ".jsonl");
}

} // namespace coldpress
