#include "worker/stage/recompress.hpp"

#include "locking/hold_timer.hpp"
#include "worker/stage/checks.hpp"
#include "worker/stage/place.hpp"

namespace coldpress {

using namespace std::chrono_literals;

// One exchange: DESIGN section 4, recompressing a weak frame.
class RecompressedMaker {
public:
  RecompressedMaker(Guards& guards, Verified verified)
      : guards_(guards), fs_(guards.fs), verified_(std::move(verified)),
        paths_(claim().candidate().path) {}

  Step<Recompressed> run() {
    TRY_ASSIGN(const Maintenance maintenance, Maintenance::enter(guards_));
    Done done = prepare();
    if (done) {
      done = exchange(maintenance);
    }
    // Whatever writers waited for is free again; from here on the disk may be slow.
    if (!done) {
      undo();
      done.error().blocked_us = blocked_us_;
      return std::move(done.error());
    }
    // If not, both frames stand, each whole: whichever has the name after a power cut.
    TRY_ASSIGN(const FileStat stat, fs_.stat(verified_.temp()));
    TRY_ASSIGN(const Durable made,
               Durable::sync(fs_,
                             verified_.temp(),
                             {paths_.compressed, FileStamp::of(stat), Since::moved}));
    // What stays is a part file, which the next sweep takes.
    (void)remove_old(maintenance, made);
    return Recompressed{blocked_us_};
  }

private:
  using Done = Step<std::monostate>;

  const Claim& claim() const { return verified_.claim(); }

  // The new frame's bytes are on the disk since verify(); now its first name is, too.
  Done prepare() {
    TRY_ASSIGN(const FileStat stat, fs_.stat(verified_.temp()));
    frame_ = FileStamp::of(stat);
    TRY(fs_.sync_dir(paths_.dir));
    return {};
  }

  // The critical section. Writers wait from here until it returns.
  Done exchange(const Maintenance& maintenance) {
    HoldTimer held(guards_.clock, blocked_us_); // ends after the section does
    TRY_ASSIGN(const Section section,
               Section::enter(maintenance, claim().candidate().thread_id, 2s));
    held.begin();
    TRY(look_again());
    auto old = verified_.commit_exchange(section);
    if (!old && old.error().code == Errc::unsupported) {
      return Stop::skip(Reason::no_exchange);
    }
    TRY_ASSIGN(old_, std::move(old));
    return check_exchange();
  }

  Done look_again() {
    TRY(claim().directory().check());
    for (const std::string& other : {paths_.plain, paths_.retired}) {
      TRY_ASSIGN(const bool there, is_there(fs_, other));
      if (there) {
        return Stop::skip(Reason::both_forms);
      }
    }
    TRY(has_no_twin(fs_, claim().home(), claim().candidate()));
    TRY_ASSIGN(const FileStat by_handle, fs_.stat(claim().file()));
    TRY_ASSIGN(const FileStat by_path, fs_.lstat(paths_.compressed));
    return FileStamp::of(by_handle) == claim().stamp() &&
                   FileStamp::of(by_path) == claim().stamp()
               ? Done{}
               : Stop::skip(Reason::changed);
  }

  // Somebody without a lock may have replaced the .zst after the look: then the file that
  // we have taken the name from is theirs, and gets it back.
  Done check_exchange() {
    const auto ours = fs_.lstat(paths_.compressed);
    if (is_old_frame(old_) && ours && frame_.same_inode(*ours)) {
      return {};
    }
    if (auto back = fs_.rename_exchange(old_, paths_.compressed); !back) {
      old_.clear(); // not ours to remove
      return std::move(back.error());
    }
    return Stop::skip(Reason::changed,
                      "another process replaced the .zst; its file stays");
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
      (void)remove_part(fs_, old_);
    }
  }

  // The old frame's name is that of a part file whose owner is gone: what is not removed
  // here, the next sweep removes. Neither can take the last copy, whenever a crash comes:
  // the exchange is one step, so of the .zst's name and the part's, one is the old frame
  // and the other the new one. Both are whole and were synced before; and whoever removes
  // the .zst afterwards, a fork or a deletion, does so with a plain form of its own or
  // because the thread is to go.
  Result<void> remove_old(const Maintenance& maintenance, const Durable& made) {
    TRY(guards_.store.check());
    TRY_ASSIGN(
        Redundant copy,
        Redundant::prove(fs_,
                         maintenance.lock(),
                         Redundant::Pair{verified_.encoded().source(), verified_.frame()},
                         {old_, claim().stamp(), Since::moved},
                         made));
    TRY(std::move(copy).remove());
    // Not to keep the bytes, only to make the freed space final.
    return fs_.sync_dir(paths_.dir);
  }

  Guards& guards_;
  Fs& fs_;
  Verified verified_;
  FormPaths paths_; // Z; P and R, which must not be there
  FileStamp frame_; // the new one's
  std::string old_; // where the old frame is after the exchange
  std::uint64_t blocked_us_ = 0;
};

Step<Recompressed> recompress(Guards& guards, Verified verified) {
  return RecompressedMaker(guards, std::move(verified)).run();
}

} // namespace coldpress
