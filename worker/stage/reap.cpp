#include "worker/stage/reap.hpp"

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
      return Stop::skip(Reason::changed, "its directory was replaced by another");
    }
    // The copy that stays, and its name, survive a power cut before the other one goes.
    const auto stays = Durable::sync(fs_, {compressed_, published_.compressed()});
    if (!stays) {
      return gone_or(stays.error());
    }
    TRY_ASSIGN(const FileHandle handle, fs_.open_read(published_.retired_path()));
    const File retired(fs_, handle);
    TRY_ASSIGN(const Maintenance maintenance, Maintenance::enter(guards_));
    TRY(take_lease(handle));
    TRY(still_its_bytes(handle));
    {
      TRY_ASSIGN(const Section section,
                 Section::enter(maintenance, published_.thread_id(), 2s));
      TRY(directory->check());
      TRY_ASSIGN(Redundant copy, prove(section, *stays));
      TRY_ASSIGN(const FileStat by_handle, fs_.stat(handle));
      if (FileStamp::of(by_handle) != now_ || !whole()) {
        return changed();
      }
      TRY(std::move(copy).remove());
    }
    lease_.reset();
    // Not to keep the bytes, only to make the freed space final.
    TRY(fs_.sync_dir(parent_dir(compressed_)));
    return {};
  }

private:
  static Done changed(std::string detail = {}) {
    return Stop::skip(Reason::changed, std::move(detail));
  }

  static Done gone_or(Error error) {
    return error.code == Errc::not_found ? changed() : Done(std::move(error));
  }

  // A write lease: whoever has it open, if only to read, may open it again for writing by
  // way of /proc/self/fd.
  Done take_lease(FileHandle retired) {
    auto taken = KernelLease::try_take(fs_, retired, LeaseKind::write);
    if (taken) {
      lease_.emplace(std::move(*taken));
      return {};
    }
    return taken.error().code == Errc::busy || published_.lease() == LeaseSupport::works
               ? Done(std::move(taken.error()))
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
    auto compared = compare_readers(frame, plain, [&]() -> Result<void> {
      return whole()
                 ? Result<void>()
                 : Fail(Error{Errc::busy, 0, "compare", published_.retired_path(), {}});
    });
    if (!compared && !whole()) {
      return Stop::skip(Reason::open_for_writing);
    }
    TRY_ASSIGN(compared_, std::move(compared));
    return compared_->relation() == Relation::equal
               ? Done{}
               : changed("the retired file was written to, and its mtime put back");
  }

  // By what was compared just now, else by what was read before it was retired.
  Result<Redundant> prove(const Section& section, const Durable& stays) {
    const Copy goes{published_.retired_path(), now_};
    return compared_ ? Redundant::prove(fs_, section.lock(), *compared_, goes, stays)
                     : Redundant::prove(
                           fs_, section.lock(), published_.contents(), goes, stays);
  }

  bool whole() const { return !lease_ || lease_->whole(); }

  Guards& guards_;
  Fs& fs_;
  const Published& published_;
  std::string compressed_;
  std::optional<KernelLease> lease_;
  std::optional<Comparison> compared_;
  FileStamp now_; // R's, once it has proved to be what was retired
};

} // namespace

Done reap(Guards& guards, const Published& published) {
  return Reaping(guards, published).run();
}

} // namespace coldpress
