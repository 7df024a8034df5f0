#include "worker/stage/reap.hpp"

#include "worker/rollout/compare.hpp"
#include "worker/rollout/name.hpp"

namespace coldpress {

using namespace std::chrono_literals;

namespace {

using Done = Step<std::monostate>;

class Reaping {
public:
  Reaping(Guards& guards, const Published& published)
      : guards_(guards), fs_(guards.fs), published_(published),
        compressed_(compressed_name(published.plain_path())) {}

  Done run() {
    auto directory = HeldDir::hold(fs_, parent_dir(compressed_));
    if (!directory) {
      return gone_or(std::move(directory.error()));
    }
    if (directory->id() != published_.directory() || !directory->check()) {
      return Done(
          Halt(Stop::skip(Reason::changed, "its directory was replaced by another")));
    }
    if (auto synced = sync_what_stays(); !synced) {
      return gone_or(std::move(synced.error()));
    }
    TRY_ASSIGN(const FileHandle handle, fs_.open_read(published_.retired_path()));
    const File retired(fs_, handle);
    auto maintenance = guards_.codex.try_maintenance();
    if (!maintenance) {
      return maintenance.error().code == Errc::busy
                 ? Done(Halt(Stop::skip(Reason::maintenance)))
                 : Done(Halt(Stop::from(std::move(maintenance.error()))));
    }
    TRY(take_lease(handle));
    TRY(still_its_bytes(handle));
    {
      const auto section = Section::enter(guards_, published_.thread_id(), 2s);
      if (!section) {
        return Done(Halt(Stop::from(section.error())));
      }
      TRY(directory->check());
      TRY(look_again(handle));
      TRY(fs_.unlink(published_.retired_path()));
    }
    lease_.reset();
    // Not to keep the bytes, only to make the freed space final.
    TRY(fs_.sync_dir(parent_dir(compressed_)));
    return {};
  }

private:
  static Done changed(std::string detail = {}) {
    return Done(Halt(Stop::skip(Reason::changed, std::move(detail))));
  }

  static Done gone_or(Error error) {
    return error.code == Errc::not_found ? changed()
                                         : Done(Halt(Stop::from(std::move(error))));
  }

  // The copy that stays, and its name, survive a power cut before the other one goes.
  Result<void> sync_what_stays() {
    TRY_ASSIGN(const FileHandle handle, fs_.open_read(compressed_));
    const File file(fs_, handle);
    TRY_ASSIGN(const FileStat stat, fs_.stat(handle));
    if (FileStamp::of(stat) != published_.compressed()) {
      return Fail(Error{Errc::changed, 0, "reap", compressed_, {}});
    }
    TRY(fs_.sync_file(handle));
    return fs_.sync_dir(parent_dir(compressed_));
  }

  // A write lease: whoever has it open, if only to read, may open it again for writing by
  // way of /proc/self/fd.
  Done take_lease(FileHandle retired) {
    auto taken = KernelLease::try_take(fs_, retired, LeaseKind::write);
    if (taken) {
      lease_.emplace(std::move(*taken));
      return {};
    }
    if (taken.error().code == Errc::busy) {
      return Done(Halt(Stop::skip(Reason::open_for_writing)));
    }
    return published_.lease() == LeaseSupport::works
               ? Done(Halt(Stop::from(std::move(taken.error()))))
               : Done{};
  }

  // Where its ctime cannot vouch for its bytes, they speak for themselves. A reader of
  // the retired name waits meanwhile, and ends it.
  Done still_its_bytes(FileHandle retired) {
    TRY_ASSIGN(const FileStat stat, fs_.stat(retired));
    now_ = FileStamp::of(stat);
    if (!published_.retired().same_but_ctime(stat)) {
      return changed();
    }
    if (lease_ && published_.changes_show() && now_ == published_.retired()) {
      return {};
    }
    const ReadOptions quietly{PageCache::drop_behind, Frames::one};
    TRY_ASSIGN(RolloutReader frame, RolloutReader::open_exact(fs_, compressed_, quietly));
    TRY_ASSIGN(RolloutReader plain,
               RolloutReader::over(
                   fs_, retired, published_.retired_path(), Form::plain, quietly));
    const auto compared = compare_readers(frame, plain, [&]() -> Result<void> {
      return whole()
                 ? Result<void>()
                 : Fail(Error{Errc::busy, 0, "compare", published_.retired_path(), {}});
    });
    if (!compared) {
      return Done(Halt(whole() ? Stop::from(compared.error())
                               : Stop::skip(Reason::open_for_writing)));
    }
    return compared->relation == Relation::equal
               ? Done{}
               : changed("the retired file was written to, and its mtime put back");
  }

  Done look_again(FileHandle retired) {
    TRY_ASSIGN(const FileStat by_handle, fs_.stat(retired));
    const auto by_path = fs_.lstat(published_.retired_path());
    const auto frame = fs_.lstat(compressed_);
    const bool as_it_was = FileStamp::of(by_handle) == now_ && by_path &&
                           FileStamp::of(*by_path) == now_ && frame &&
                           FileStamp::of(*frame) == published_.compressed();
    return as_it_was && whole() ? Done{} : changed();
  }

  bool whole() const { return !lease_ || lease_->whole(); }

  Guards& guards_;
  Fs& fs_;
  const Published& published_;
  std::string compressed_;
  std::optional<KernelLease> lease_;
  FileStamp now_; // R's, once it has proved to be what was retired
};

} // namespace

Done reap(Guards& guards, const Published& published) {
  return Reaping(guards, published).run();
}

} // namespace coldpress
