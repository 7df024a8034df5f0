#include "worker/stage/recompress.hpp"

#include "locking/hold_timer.hpp"
#include "worker/rollout/name.hpp"
#include "worker/stage/place.hpp"

namespace coldpress {

using namespace std::chrono_literals;

// One exchange: DESIGN section 4, recompressing a weak frame.
class RecompressedMaker {
public:
  RecompressedMaker(Guards& guards, Verified verified)
      : guards_(guards), fs_(guards.fs), verified_(std::move(verified)),
        compressed_(claim().candidate().path), plain_(plain_name(compressed_)),
        dir_(parent_dir(compressed_)),
        retired_(join_path(dir_, retired_name(base_name(plain_)))) {}

  Step<Recompressed> run() {
    auto maintenance = guards_.codex.try_maintenance();
    if (!maintenance) {
      return Halt(maintenance.error().code == Errc::busy
                      ? Stop::skip(Reason::maintenance)
                      : Stop::from(std::move(maintenance.error())));
    }
    auto done = prepare();
    if (done) {
      done = exchange();
    }
    // Whatever writers waited for is free again; from here on the disk may be slow.
    if (!done) {
      undo();
      done.error().blocked_us = blocked_us_;
      return Halt(std::move(done.error()));
    }
    if (auto synced = fs_.sync_dir(dir_); !synced) {
      // Both frames stand, each whole: whichever has the name after a power cut.
      return Halt(Stop::from(std::move(synced.error())));
    }
    remove_old();
    return Recompressed{blocked_us_};
  }

private:
  using Done = Step<std::monostate>;

  static Done stop(Reason reason, std::string detail = {}) {
    return Done(Halt(Stop::skip(reason, std::move(detail))));
  }
  static Done fail(Error error) { return Done(Halt(Stop::from(std::move(error)))); }

  const Claim& claim() const { return verified_.claim(); }
  TempFile& temp() { return verified_.encoded_.temp_; }

  // The new frame's bytes are on the disk since verify(); now its first name is, too.
  Done prepare() {
    const auto stat = fs_.stat(temp().handle());
    if (!stat) {
      return fail(stat.error());
    }
    frame_ = FileStamp::of(*stat);
    auto synced = fs_.sync_dir(dir_);
    return synced ? Done{} : fail(std::move(synced.error()));
  }

  // The critical section. Writers wait from here until it returns.
  Done exchange() {
    HoldTimer held(guards_.clock, blocked_us_); // ends after the section does
    const auto section = Section::enter(guards_, claim().candidate().thread_id, 2s);
    if (!section) {
      return fail(section.error());
    }
    held.begin();
    if (auto same = look_again(); !same) {
      return same;
    }
    auto old = temp().commit_exchange();
    if (!old) {
      return old.error().code == Errc::unsupported ? stop(Reason::no_exchange)
                                                   : fail(std::move(old.error()));
    }
    old_ = std::move(*old);
    return check_exchange();
  }

  Done look_again() {
    if (auto same = claim().directory().check(); !same) {
      return fail(std::move(same.error()));
    }
    for (const std::string& other : {plain_, retired_}) {
      const auto there = is_there(fs_, other);
      if (!there) {
        return fail(there.error());
      }
      if (*there) {
        return stop(Reason::both_forms);
      }
    }
    const Candidate& candidate = claim().candidate();
    TRY_ASSIGN(const auto twin,
               find_twin(fs_, claim().home(), candidate.root, candidate.path));
    if (twin) {
      return stop(Reason::in_both_trees, *twin);
    }
    const auto by_handle = fs_.stat(claim().file());
    const auto by_path = fs_.lstat(compressed_);
    if (!by_handle) {
      return fail(by_handle.error());
    }
    if (!by_path) {
      return fail(by_path.error());
    }
    return FileStamp::of(*by_handle) == claim().stamp() &&
                   FileStamp::of(*by_path) == claim().stamp()
               ? Done{}
               : stop(Reason::changed);
  }

  // Somebody without a lock may have replaced the .zst after the look: then the file that
  // we have taken the name from is theirs, and gets it back.
  Done check_exchange() {
    const auto ours = fs_.lstat(compressed_);
    if (is_old_frame(old_) && ours && frame_.same_inode(*ours)) {
      return {};
    }
    if (auto back = fs_.rename_exchange(old_, compressed_); !back) {
      old_.clear(); // not ours to remove
      return fail(std::move(back.error()));
    }
    return stop(Reason::changed, "another process replaced the .zst; its file stays");
  }

  bool is_old_frame(const std::string& path) {
    const auto stat = fs_.lstat(path);
    return stat && claim().stamp().same_but_ctime(*stat) &&
           claim().stamp().same_inode(*stat);
  }

  // After an exchange back the part's name is our own frame's again.
  void undo() {
    const auto stat = old_.empty() ? Result<FileStat>(FileStat{}) : fs_.lstat(old_);
    if (!old_.empty() && stat && frame_.same_inode(*stat)) {
      (void)fs_.unlink(old_);
    }
  }

  // The old frame's name is that of a part file whose owner is gone: what is not removed
  // here, the next sweep removes. Neither can take the last copy, whenever a crash comes:
  // the exchange is one step, so of the .zst's name and the part's, one is the old frame
  // and the other the new one. Both are whole and were synced before; and whoever removes
  // the .zst afterwards, a fork or a deletion, does so with a plain form of its own or
  // because the thread is to go.
  void remove_old() {
    if (guards_.store.check() && is_old_frame(old_)) {
      (void)fs_.unlink(old_);
      // Not to keep the bytes, only to make the freed space final.
      (void)fs_.sync_dir(dir_);
    }
  }

  Guards& guards_;
  Fs& fs_;
  Verified verified_;
  std::string compressed_; // Z
  std::string plain_;      // P
  std::string dir_;
  std::string retired_; // R
  FileStamp frame_;     // the new one's
  std::string old_;     // where the old frame is after the exchange
  std::uint64_t blocked_us_ = 0;
};

Step<Recompressed> recompress(Guards& guards, Verified verified) {
  return RecompressedMaker(guards, std::move(verified)).run();
}

} // namespace coldpress
